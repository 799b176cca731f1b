import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { NextpixelError, type ErrorCode } from "../../basics/errors.ts";
import type { Refusal } from "../runs-api.ts";

/** An answer that says why there is no other. */
export const refused = (context: Context, status: ContentfulStatusCode, error: string): Response =>
  context.json({ error } satisfies Refusal, status);

const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  ARGUMENT: 400,
  NOT_FOUND: 404,
  EXISTS: 409,
  LOCKED: 409,
  FORMAT: 422,
};

/** The answer to a request that fails: what users can act on is said, anything else is a defect of ours. */
export function refusalOf(context: Context, error: unknown): Response {
  if (error instanceof NextpixelError) return refused(context, STATUS[error.code] ?? 500, error.message);
  return refused(context, 500, `unexpected: ${error instanceof Error ? error.message : String(error)}`);
}

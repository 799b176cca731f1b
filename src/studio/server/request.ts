import type { Context } from "hono";
import type * as v from "valibot";
import { NextpixelError } from "../../basics/errors.ts";
import { checked } from "../../files/checked.ts";
import { parseJson } from "../../files/json.ts";

/** What a request asks for. @throws ARGUMENT if it is not JSON of that form */
export async function asked<Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const what = "the request";
  try {
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    return checked(schema, parseJson(bytes, what), what);
  } catch (cause) {
    if (!(cause instanceof NextpixelError)) throw cause;
    throw new NextpixelError("ARGUMENT", cause.message, { cause });
  }
}

import * as v from "valibot";
import { NextpixelError, shortened, type ErrorCode } from "../basics/errors.ts";

/**
 * The content of a file, in the form of a schema.
 *
 * @throws FORMAT, or another code, that names the file and the field that is wrong.
 */
export function checked<Schema extends v.GenericSchema>(
  schema: Schema,
  content: unknown,
  file: string,
  code: ErrorCode = "FORMAT",
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, content);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? "the whole";
  throw new NextpixelError(code, `${file}: ${shortened(field)}: ${shortened(issue.message)}`);
}

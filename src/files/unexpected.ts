import { NextpixelError, shortened } from "../basics/errors.ts";

/** The FORMAT error of a file whose content is wrong. */
export function unexpected(file: string, what: string, received: string): NextpixelError {
  return new NextpixelError("FORMAT", `${file}: expected ${what}, received ${shortened(received)}`);
}

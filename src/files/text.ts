import { NextpixelError } from "../basics/errors.ts";

/**
 * Bytes as UTF-8 text, without a byte order mark.
 *
 * @throws FORMAT that names `file` if they are not UTF-8.
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new NextpixelError("FORMAT", `expected text in UTF-8 for ${file}, received something else`, {
      cause,
    });
  }
}

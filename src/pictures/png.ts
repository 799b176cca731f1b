import { encode } from "fast-png";
import { expected } from "../basics/errors.ts";
import type { Raster } from "./grid.ts";

// What the PNG specification allows in a tEXt chunk: printable Latin-1, and line breaks in the text.
const KEYWORD = /^(?! )(?!.* {2})[\x20-\x7e\xa1-\xff]{1,79}(?<! )$/;
const TEXT = /^[\n\x20-\x7e\xa0-\xff]*$/;

/**
 * The bytes of an 8-bit PNG file. `text` is kept in the file, one tEXt chunk an entry. Throws ARGUMENT if the text
 * is not Latin-1, or if the data do not fit the width and height.
 */
export function encodePng(raster: Raster, text: Readonly<Record<string, string>> = {}): Uint8Array {
  const { width, height, channels, data } = raster;
  if (data.length === 0 || data.length !== width * height * channels) {
    throw expected("ARGUMENT", `${width} x ${height} x ${channels} values`, "a picture", data.length);
  }
  for (const [keyword, value] of Object.entries(text)) {
    if (!KEYWORD.test(keyword)) {
      throw expected("ARGUMENT", "1 to 79 Latin-1 characters", "a keyword of a PNG text", keyword);
    }
    if (!TEXT.test(value)) throw expected("ARGUMENT", "Latin-1 characters", `PNG text ${keyword}`, value);
  }
  return encode({ width, height, channels, data, depth: 8, text });
}

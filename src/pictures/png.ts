import { encode } from "fast-png";
import { crc32 } from "../basics/crc32.ts";
import { expected } from "../basics/errors.ts";
import type { Raster } from "./grid.ts";

// What the PNG specification allows in a tEXt chunk: printable Latin-1, and line breaks in the text.
const KEYWORD = /^(?! )(?!.* {2})[\x20-\x7e\xa1-\xff]{1,79}(?<! )$/;
const LATIN_1 = /^[\n\x20-\x7e\xa0-\xff]*$/;

/** The last chunk, IEND: length, name and checksum, and no data. */
const END_BYTES = 12;

/**
 * The bytes of an 8-bit PNG file. `text` is kept in the file, one chunk an entry: as tEXt where it is Latin-1, else as
 * iTXt, which is UTF-8.
 *
 * @throws ARGUMENT if a keyword or a text is not what PNG allows, or if the data do not fit the width and height.
 */
export function encodePng(raster: Raster, text: Readonly<Record<string, string>> = {}): Uint8Array {
  const { width, height, channels, data } = raster;
  if (data.length === 0 || data.length !== width * height * channels) {
    throw expected("ARGUMENT", `${width} x ${height} x ${channels} values`, "a picture", data.length);
  }
  const entries = Object.entries(text);
  for (const [keyword, value] of entries) {
    if (!KEYWORD.test(keyword)) {
      throw expected("ARGUMENT", "1 to 79 Latin-1 characters", "a keyword of a PNG text", keyword);
    }
    if (value.includes("\0")) throw expected("ARGUMENT", "text without NUL", `PNG text ${keyword}`, value);
  }
  const plain = entries.filter(([, value]) => LATIN_1.test(value));
  const others = entries.filter(([, value]) => !LATIN_1.test(value));
  const png = encode({ width, height, channels, data, depth: 8, text: Object.fromEntries(plain) });
  const end = png.length - END_BYTES;
  return joined([png.subarray(0, end), ...others.map(internationalText), png.subarray(end)]);
}

/**
 * An iTXt chunk: its length, its name, keyword and text, and the checksum of all but the length. Between keyword and
 * text are five zeros: the end of the keyword, "not compressed", the method of compression, and the ends of an empty
 * language and an empty translation.
 */
function internationalText([keyword, text]: readonly [string, string]): Uint8Array {
  const latin1 = Uint8Array.from(keyword, (character) => character.charCodeAt(0));
  const utf8 = new TextEncoder();
  const body = joined([utf8.encode("iTXt"), latin1, new Uint8Array(5), utf8.encode(text)]);
  return joined([bigEndian(body.length - 4), body, bigEndian(crc32(body))]);
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

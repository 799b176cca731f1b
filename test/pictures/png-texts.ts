import { crc32 } from "node:zlib";
import { expect } from "vitest";

/** The texts of a PNG file, read chunk by chunk by the specification; checksums are compared with those of zlib. */
export function textsOf(png: Uint8Array): Record<string, string> {
  const bytes = Buffer.from(png);
  const texts: Record<string, string> = {};
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const [start, end] = [at + 8, at + 8 + length];
    expect(bytes.readUInt32BE(end)).toBe(crc32(bytes.subarray(at + 4, end)));
    const name = bytes.toString("latin1", at + 4, start);
    const nul = bytes.indexOf(0, start);
    if (name === "tEXt") texts[bytes.toString("latin1", start, nul)] = bytes.toString("latin1", nul + 1, end);
    if (name === "iTXt") {
      // Not compressed, no language, no translated keyword.
      expect([...bytes.subarray(nul, nul + 5)]).toEqual([0, 0, 0, 0, 0]);
      texts[bytes.toString("latin1", start, nul)] = bytes.toString("utf8", nul + 5, end);
    }
    at = end + 4;
  }
  return texts;
}

import { expect, test } from "vitest";
import { decodeText } from "../../src/files/text.ts";

test("text is decoded without its byte order mark", () => {
  expect(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa4), "x.txt")).toBe("aä");
});

test.each([
  ["a byte of no character", [0x61, 0xff]],
  ["half a character", [0x61, 0xc3]],
  ["half a pair of UTF-16", [0xed, 0xa0, 0x80]],
  ["more bytes than a character needs", [0xc0, 0xaf]],
])("%s is no text", (_, bytes) => {
  expect(() => decodeText(Uint8Array.from(bytes), "x.txt")).toThrow(
    expect.objectContaining({
      code: "FORMAT",
      message: "expected text in UTF-8 for x.txt, received something else",
    }),
  );
});

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/files/json.ts";
import { MAX_DEPTH } from "../../src/files/nesting.ts";

const FILE = "some/file.json";
const bytesOf = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseJson(bytesOf(text), FILE);

describe("JSON of a file", () => {
  test("is what JSON.parse has, whatever names and strings there are", () => {
    const options = { maxDepth: 5, stringUnit: "binary" } as const;
    fc.assert(
      fc.property(fc.jsonValue(options), fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("may begin with a byte order mark", () => {
    expect(parse("\uFEFF[1]")).toEqual([1]);
  });

  test("may be nested as deep as is said, and no deeper", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(() => parse(nested(MAX_DEPTH))).not.toThrow();
    expect(() => parse(nested(MAX_DEPTH + 1))).toThrow(`nested at most ${MAX_DEPTH} deep for ${FILE}`);
    expect(() => parse(nested(1_000_000))).toThrow(`nested at most ${MAX_DEPTH} deep`);
    // What opens is closed again, and what is in strings is no bracket.
    expect(parse(`[${"[],".repeat(100)}"${"[{".repeat(100)}\\"["]`)).toHaveLength(101);
  });

  test.each([
    ['{"a":1,"a":1}', "a"],
    ['{"a":1, "b":2,\n"a" :1}', "a"],
    ['{"a":1,"\\u0061":1}', "a"],
    ['[{"x":{"__proto__":1,"__proto__":2}}]', "__proto__"],
  ])("with a name twice in an object is refused: %s", (text, name) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: "FORMAT",
        message: `expected every name once in an object for ${FILE}, received "${name}"`,
      }),
    );
  });

  test("may have the same name in several objects, and as a value", () => {
    const text = '[{"a":{"a":"a"},"b":"a"},{"a":["a","a"]}]';
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  test.each([
    ["nothing", bytesOf("")],
    ["half of it", bytesOf('{"a":')],
    ["two values", bytesOf("1 2")],
    ["what is no UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
    ["an escape sequence of a terminal", bytesOf("\u001b[2J\n\u2028")],
    ["a long word", bytesOf("x".repeat(100_000))],
  ])("is not %s: one line of bounded length says so", (_, bytes) => {
    let message = "";
    try {
      parseJson(bytes, FILE);
    } catch (error) {
      expect(error).toMatchObject({ name: "NextpixelError", code: "FORMAT" });
      message = (error as Error).message;
    }
    expect(message).toContain(FILE);
    expect(message).toMatch(/^[^\p{Cc}\u2028\u2029]{1,400}$/u);
  });

  test("of many names is checked in time that grows as it does", () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `"${i}":0`);
    expect(() => parse(`{${names.join()},"7":0}`)).toThrow('received "7"');
  });
});

import { describe, expect, test } from "vitest";
import { MAX_YAML_BYTES, parseYaml } from "../../src/cli/yaml.ts";

const FILE = "some/file.yaml";
const parse = (text: string) => parseYaml(new TextEncoder().encode(text), FILE);

describe("YAML of a file", () => {
  test("is what JSON has too", () => {
    const text = `
# A recipe.
steps: 0x10
lr: 1e-3
gray: true
valid: ~
name: "two\\nlines"
list: [1, {a: b}]
items:
- x
- - y
01: one
1: two
`;
    expect(parse(text)).toEqual({
      steps: 16,
      lr: 0.001,
      gray: true,
      valid: null,
      name: "two\nlines",
      list: [1, { a: "b" }],
      items: ["x", ["y"]],
      "01": "one",
      "1": "two",
    });
    expect(parse("")).toBeNull();
    expect(Object.keys(parse("__proto__: 1\nconstructor: 2") as object)).toEqual([
      "__proto__",
      "constructor",
    ]);
  });

  test.each([
    ["a: &x 1\nb: *x", "without references"],
    ["? [a]\n: 1", "keys that are text"],
    ["? a: b\n: 1", "keys that are text"],
    ["a: !!binary aGk=", "line 1: Unresolved tag"],
    ["a: !js/function x", "line 1: Unresolved tag"],
    ["a: 1\na: 2", 'received "a"'],
    ['1: a\n"1": b', 'received "1"'],
    ['{a: {b: 1, "b": 2}}', 'received "b"'],
    ["a: 1\n---\nb: 2", "line 2: "],
    ["a: 'x", "line 1: Missing closing 'quote"],
    ["%YAML 3.0\n---\na: 1", "line 1: Unsupported YAML version"],
  ])("%j is refused", (text, reason) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: "FORMAT",
        message: expect.stringMatching(new RegExp(`${FILE}.*${reason}`)),
      }),
    );
  });

  // The parser, left to itself, ends the process on some of these.
  test.each([
    ["brackets", "[".repeat(MAX_YAML_BYTES / 2) + "]".repeat(MAX_YAML_BYTES / 2)],
    ["open brackets", "a: " + "[{x: ".repeat(10_000)],
    ["items", "- ".repeat(MAX_YAML_BYTES / 2)],
    ["keys", "? ".repeat(MAX_YAML_BYTES / 2)],
    ["lines", Array.from({ length: 350 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
  ])("nested %s are refused", (_, text) => {
    expect(() => parse(text)).toThrow(`expected YAML nested at most 32 deep for ${FILE}`);
  });

  test("many items one after the other are not nested", () => {
    expect(parse(`a: [${"[], ".repeat(1000)}]\nb:\n${"- 1\n".repeat(1000)}`)).toMatchObject({
      a: { length: 1000 },
    });
    expect(parse(`a: "${"[".repeat(1000)}" # ${"[".repeat(1000)}`)).toEqual({ a: "[".repeat(1000) });
  });
});

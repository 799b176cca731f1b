import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCsv } from "../../src/files/csv.ts";

describe("CSV", () => {
  test.each([
    ["", []],
    ["a", [["a"]]],
    [
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\r\n\r\n1,\r\n",
      [
        ["a", "b"],
        ["1", ""],
      ],
    ],
    ["a,", [["a", ""]]],
    [",", [["", ""]]],
    ['"a,b","c ""d""","e\nf"\n""\n', [["a,b", 'c "d"', "e\nf"]]],
  ])("%j is read", (text, records) => {
    expect(parseCsv(text, "x.csv")).toEqual(records);
  });

  test.each([
    ['a\n"b', 2],
    ['a,b\n\n1,"2"3', 3],
    ['a"b"', 1],
    ["a\rb", 1],
  ])("%j is refused", (text, line) => {
    expect(() => parseCsv(text, "x.csv")).toThrow(
      `x.csv: expected fields with commas between, or in quotes, in line ${line}, received another text`,
    );
  });

  test("gives back what was written", () => {
    const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é") });
    const record = fc.array(field, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(record), fc.constantFrom("\n", "\r\n"), (records, end) => {
        const lines = records.map((fields) =>
          fields.map((one) => `"${one.replaceAll('"', '""')}"`).join(","),
        );
        expect(parseCsv(lines.join(end), "x.csv")).toEqual(records);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test("may have a very long field", () => {
    const text = "x".repeat(2 ** 22);
    expect(parseCsv(`"${text}",${text}`, "x.csv")).toEqual([[text, text]]);
  });
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { packStrings } from "../../../src/data/formats/packed-strings.ts";

test("gives every string back", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (strings) => {
      const packed = packStrings(strings);
      expect(packed.count).toBe(strings.length);
      expect(strings.map((_, i) => packed.at(i))).toEqual(strings);
    }),
  );
});

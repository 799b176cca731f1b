import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { divided, singles, subtreesOf, treeSum, type Range } from "../../src/programs/shares.ts";

const add = (a: number, b: number) => Math.fround(a + b);
const same = (a: Range) => (b: Range) => a.start === b.start && a.end === b.end;
const sumOf = (range: Range, terms: readonly number[]) =>
  treeSum(range, ({ start, end }) => (end - start === 1 ? terms[start] : undefined), add);

/** Numbers of unlike sizes, whose sum depends on the order. */
const terms = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), {
  minLength: 1,
  maxLength: 40,
});

describe("the sum over shares", () => {
  test("of up to two is the plain one, and of four that of two halves", () => {
    expect(sumOf({ start: 0, end: 1 }, [3])).toBe(3);
    const [a, b, c, d] = [1e8, 3, -1e8, 3].map(Math.fround) as [number, number, number, number];
    expect(sumOf({ start: 0, end: 4 }, [a, b, c, d])).toBe(add(add(a, b), add(c, d)));
    expect(sumOf({ start: 0, end: 4 }, [a, b, c, d])).not.toBe(add(add(add(a, b), c), d));
  });

  test("has the same bits over any number of ranks", () => {
    fc.assert(
      fc.property(terms, fc.integer({ min: 1, max: 40 }), (numbers, ranks) => {
        const all = { start: 0, end: numbers.length };
        const blocks = divided(numbers.length, ranks);
        const sums = blocks.flatMap((block) => subtreesOf(block, numbers.length));
        expect(sums.flatMap(singles)).toEqual(singles(all));
        const known = sums.map((range) => sumOf(range, numbers));
        const finished = treeSum(all, (range) => known[sums.findIndex(same(range))], add);
        expect(finished).toBe(sumOf(all, numbers));
      }),
    );
  });

  test("needs one vector of each of 2, 4, 8 .. ranks with as many shares each, and few otherwise", () => {
    for (let shares = 1; shares <= 24; shares++)
      for (let ranks = 1; ranks <= shares; ranks++)
        for (const block of divided(shares, ranks)) {
          const { length } = subtreesOf(block, shares);
          if (Number.isInteger(Math.log2(ranks)) && shares % ranks === 0) expect(length).toBe(1);
          else expect(length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(shares)));
        }
  });
});

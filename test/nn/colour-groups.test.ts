import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { evaluate } from "../reference/evaluate.ts";
import { groupOf } from "../../src/graph/channel-groups.ts";
import { channelsOfGroup, ownPixelMask, withEachGroup } from "../../src/nn/colour-groups.ts";

const size = fc.integer({ min: 1, max: 20 });

test("the channels of a group are those that are said to be in it", () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 4 }), (channels, groups) => {
      const found = Array.from({ length: groups }, (_, group) => {
        const [start, end] = channelsOfGroup(group, channels, groups);
        return Array.from({ length: end - start }, (_, i) => [start + i, group]);
      }).flat();
      expect(found).toEqual(Array.from({ length: channels }, (_, c) => [c, groupOf(c, channels, groups)]));
    }),
    { seed: 1 },
  );
});

test("what is added to each group leaves all channels in their groups, also where these differ in size", () => {
  fc.assert(
    fc.property(
      size,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      (channels, groups, more) => {
        const of = (count: number, value: (i: number) => number) =>
          g.constant(
            Float64Array.from({ length: count }, (_, i) => value(i)),
            [1, count, 1, 1],
          );
        const x = of(channels, (c) => groupOf(c, channels, groups));
        const [values] = evaluate(
          [
            withEachGroup(
              x,
              of(more, () => -1),
              groups,
            ),
          ],
          {},
        );
        const total = channels + more * groups;
        expect(values!.length).toBe(total);
        const added = new Map<number, number>();
        values!.forEach((value, c) => {
          const group = groupOf(c, total, groups);
          if (value === -1) added.set(group, (added.get(group) ?? 0) + 1);
          else expect(value).toBe(group);
        });
        expect([...added.values()]).toEqual(Array.from({ length: groups }, () => more));
      },
    ),
    { seed: 2 },
  );
});

test("at the pixel itself a group reads earlier ones, with mask B itself too, and everything elsewhere", () => {
  const rows = (mask: "A" | "B") => {
    const { values } = ownPixelMask({ shape: [3, 3, 1, 2], groups: 3, mask })!;
    return [0, 1, 2].map((output) => values.subarray(6 * output, 6 * output + 6).join(""));
  };
  expect(rows("A")).toEqual(["101010", "111010", "111110"]);
  expect(rows("B")).toEqual(["111010", "111110", "111111"]);
  expect(ownPixelMask({ shape: [4, 2, 2, 2], groups: 1, mask: "B" })).toBeUndefined();
});

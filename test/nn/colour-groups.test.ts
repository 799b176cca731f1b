import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { evaluate } from "../reference/evaluate.ts";
import { groupOf } from "../../src/graph/channel-groups.ts";
import {
  channelsOfGroup,
  ownPixelMask,
  ownPixelMaskTransposed,
  withEachGroup,
} from "../../src/nn/colour-groups.ts";

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

test("inputs that are several parts, each in groups, are read part by part like a single one", () => {
  for (const inputs of [3, 4, 7]) {
    const of = (inputParts: number) =>
      ownPixelMask({ shape: [5, inputParts * inputs, 2, 1], groups: 3, inputParts, mask: "B" })!.values;
    const [one, two] = [of(1), of(2)];
    for (let output = 0; output < 5; output++) {
      const read = one.subarray(output * inputs * 2, (output + 1) * inputs * 2);
      expect([...two.subarray(output * inputs * 4, (output + 1) * inputs * 4)]).toEqual([...read, ...read]);
    }
  }
});

test("the mask of a transposed convolution is that of a convolution at its first tap, with the channels exchanged", () => {
  const [inputs, outputs] = [4, 5];
  const plain = ownPixelMask({ shape: [outputs, inputs, 1, 1], groups: 3, mask: "B" })!.values;
  const mask = ownPixelMaskTransposed([inputs, outputs, 2, 3], 3)!;
  mask.values.forEach((bit, i) => {
    const [input, output] = [Math.floor(i / (outputs * 6)), Math.floor(i / 6) % outputs];
    expect(bit).toBe(i % 6 === 0 ? plain[output * inputs + input] : 1);
  });
  expect(ownPixelMaskTransposed([inputs, outputs, 2, 3], 1)).toBeUndefined();
});

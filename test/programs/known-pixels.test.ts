import { expect, test } from "vitest";
import { noiseOf } from "../../src/programs/noise.ts";
import { Scope } from "../../src/nn/scope.ts";

const [ROWS, COLS, COUNT] = [5, 7, 512];

/** Which pixels are known of each picture. */
function knownOf(seed: number, step: number, first: number, count: number): number[][] {
  const scope = Scope.root();
  scope.noise("known", [count, 1, ROWS, COLS], "known");
  const values = noiseOf(scope.noiseInputs, count, seed)(step, first)["known"]!;
  return Array.from({ length: count }, (_, i) =>
    Array.from(values.subarray(i * ROWS * COLS, (i + 1) * ROWS * COLS)),
  );
}

test("known pixels are a function of seed, step and picture, whatever pictures are beside it", () => {
  const all = knownOf(1, 3, 0, 8);
  expect(knownOf(1, 3, 5, 2)).toEqual(all.slice(5, 7));
  expect(knownOf(1, 4, 0, 8)).not.toEqual(all);
  expect(knownOf(2, 3, 0, 8)).not.toEqual(all);
});

test("nothing, sides, rectangles, all but rectangles and single pixels are known", () => {
  const masks = knownOf(1, 1, 0, COUNT);
  expect(new Set(masks.flat())).toEqual(new Set([0, 1]));
  const rows = (mask: number[]) =>
    Array.from({ length: ROWS }, (_, r) => mask.slice(r * COLS, (r + 1) * COLS));
  const isConstant = (line: readonly number[]) => line.every((one) => one === line[0]);
  const share = (is: (mask: number[]) => boolean) => masks.filter(is).length / COUNT;
  const isSide = (last: 0 | 1) => (mask: number[]) => {
    const lines = rows(mask);
    return lines.every(isConstant) && lines.at(-1)![0] === last && lines[0]![0] === 1 - last;
  };
  // An eighth knows nothing; a sixteenth of sides, among them the lower rows, 3/32 each.
  expect(share((mask) => !mask.includes(1))).toBeGreaterThan(0.08);
  expect(share(isSide(1))).toBeGreaterThan(0.05);
  expect(share(isSide(0))).toBeGreaterThan(0.05);
  const isHole = (mask: number[]) =>
    mask.includes(0) &&
    rows(mask)[0]!.every((one) => one === 1) &&
    rows(mask)
      .at(-1)!
      .every((one) => one === 1);
  expect(share(isHole)).toBeGreaterThan(0.03);
  // Every pixel is known at times, and missing at times.
  for (let i = 0; i < ROWS * COLS; i++) {
    const known = share((mask) => mask[i] === 1);
    expect(known).toBeGreaterThan(0.25);
    expect(known).toBeLessThan(0.75);
  }
});

import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { mapConcurrently } from "../../src/basics/concurrent.ts";

test("keeps the order of the items and the bound on those under way", async () => {
  let underWay = 0;
  let most = 0;
  const results = await mapConcurrently([5, 1, 4, 2, 3, 0], 3, async (item, index) => {
    most = Math.max(most, ++underWay);
    await setTimeout(item);
    underWay--;
    return [item, index];
  });
  expect(results).toEqual([5, 1, 4, 2, 3, 0].map((item, index) => [item, index]));
  expect(most).toBe(3);
});

test("throws the earliest item's error, and begins nothing after it", async () => {
  const begun: number[] = [];
  const work = mapConcurrently([20, 0, 0, 0, 0], 2, async (delay, index) => {
    begun.push(index);
    await setTimeout(delay);
    throw new Error(`item ${index}`);
  });
  await expect(work).rejects.toThrow("item 0");
  expect(begun).toEqual([0, 1]);
});

test("has nothing to do for no items", async () => {
  expect(await mapConcurrently([], 4, async () => 1)).toEqual([]);
});

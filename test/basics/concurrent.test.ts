import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { inOrder, mapConcurrently } from "../../src/basics/concurrent.ts";

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

test("what is iterated over comes in order, and each place has one piece of work at a time", async () => {
  const places = [0, 0, 0];
  const results: number[] = [];
  for await (const result of inOrder(8, places.length, async (index) => {
    expect(++places[index % places.length]!).toBe(1);
    await setTimeout((5 * index) % 7);
    places[index % places.length]!--;
    return index;
  }))
    results.push(result);
  expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("an iteration that ends early, or by an error, waits for what was begun", async () => {
  for (const failing of [1, 100]) {
    let underWay = 0;
    const iterate = async () => {
      for await (const result of inOrder(8, 3, async (index) => {
        underWay++;
        await setTimeout(2 * index);
        underWay--;
        if (index === failing) throw new Error(`item ${index}`);
        return index;
      }))
        if (result === 2) break;
    };
    if (failing === 1) await expect(iterate()).rejects.toThrow("item 1");
    else await iterate();
    expect(underWay).toBe(0);
  }
});

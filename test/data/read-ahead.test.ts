import { expect, test } from "vitest";
import { AHEAD, readAhead } from "../../src/data/read-ahead.ts";

/** Lets everything go on that waits for nothing but its turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("gives the results in order, from the first to the end", async () => {
  const next = readAhead(async (index) => index * 10, 3, 8);
  const results = [];
  for (let i = 3; i < 8; i++) results.push(await next());
  expect(results).toEqual([30, 40, 50, 60, 70]);
});

test("reads some before they are asked for, one after the other, and no more", async () => {
  const read: number[] = [];
  let underWay = 0;
  const next = readAhead(
    async (index) => {
      expect(++underWay).toBe(1);
      await settle();
      underWay--;
      read.push(index);
    },
    0,
    10,
  );
  for (let i = 0; i < 5; i++) await settle();
  expect(read).toHaveLength(AHEAD);
  await next();
  for (let i = 0; i < 5; i++) await settle();
  expect(read).toHaveLength(AHEAD + 1);
});

test("throws an error in its turn, and reads nothing after it", async () => {
  const read: number[] = [];
  const next = readAhead(
    async (index) => {
      read.push(index);
      if (index === 1) throw new Error("bad");
      return index;
    },
    0,
    10,
  );
  expect(await next()).toBe(0);
  await expect(next()).rejects.toThrow("bad");
  await settle();
  expect(read).toEqual([0, 1]);
});

test("an error that nobody asks for concerns nobody", async () => {
  readAhead(async () => Promise.reject(new Error("bad")), 0, 1);
  await settle();
});

test("with nothing to read, nothing is read", async () => {
  let reads = 0;
  readAhead(async () => reads++, 5, 5);
  await settle();
  expect(reads).toBe(0);
});

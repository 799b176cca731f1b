import { expect, test } from "vitest";
import { NextpixelError } from "../../src/basics/errors.ts";
import { exchangeBy } from "../../src/cluster/exchange.ts";
import { memoryMpi } from "./memory-mpi.ts";

const exchanges = (size: number, timeout = 5) =>
  memoryMpi(size).map((mpi) => exchangeBy(mpi, timeout, (rank) => `rank ${rank}`));
const bytesOf = (text: string) => new TextEncoder().encode(text);

test("all get what each gives, of any length, at multiples of eight bytes", async () => {
  const given = ["a", "", "a longer one", "12345678"];
  const received = await Promise.all(exchanges(4).map(({ gather }, rank) => gather(bytesOf(given[rank]!))));
  for (const all of received) {
    expect(all.map((bytes) => new TextDecoder().decode(bytes))).toEqual(given);
    for (const { byteOffset } of all) expect(byteOffset % 8).toBe(0);
  }
});

test("what a rank fails with is thrown at all others, which then need not be told", async () => {
  const [first, second, third] = exchanges(3);
  const error = new NextpixelError("FORMAT", "a.png is damaged", { about: ["resume"] });
  const thrown = { code: "FORMAT", message: "rank 1: a.png is damaged", about: ["resume"] };
  const [told] = await Promise.all([
    second!.fail(error),
    expect(first!.gather(bytesOf("x"))).rejects.toMatchObject(thrown),
    expect(third!.gather(bytesOf(""))).rejects.toMatchObject(thrown),
  ]);
  expect(told).toBe(true);
  expect(await Promise.all([first!, third!].map((other) => other.fail(new Error("another"))))).toEqual([
    true,
    true,
  ]);
});

test("a defect is told as such, and a long message is cut off, whatever it consists of", async () => {
  const [first, second] = exchanges(2);
  const told = second!.fail(new Error('"\u{1F600}'.repeat(3000)));
  await expect(first!.gather(bytesOf("x"))).rejects.toMatchObject({
    code: "CLUSTER",
    message: expect.stringMatching(/^rank 1: unexpected: ("\u{1F600}){50,}/u),
  });
  expect(await told).toBe(true);
});

test("all may fail at once", async () => {
  const told = exchanges(3).map(({ fail }) => fail(new Error("no such option")));
  expect(await Promise.all(told)).toEqual([true, true, true]);
});

test("a rank that does not answer is noticed in time, and cannot be told anything", async () => {
  const [first] = exchanges(2, 0.05);
  await expect(first!.gather(bytesOf("x"))).rejects.toMatchObject({
    code: "CLUSTER",
    message: expect.stringContaining("expected an answer of all 2 ranks within 0.05 s"),
    about: ["resume"],
  });
  expect(await first!.fail(new Error("x"))).toBe(false);
});

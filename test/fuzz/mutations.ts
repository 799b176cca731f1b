import * as fc from "fast-check";
import { NextpixelError } from "../../src/basics/errors.ts";

/** What becomes of a file: positions are taken modulo its length, so that it fits any. */
export type Mutation = (bytes: Uint8Array) => Uint8Array;

const EXTREMES = [
  0n,
  1n,
  -1n,
  ...[7n, 8n, 15n, 16n, 31n, 32n, 53n, 63n].flatMap((bits) => [2n ** bits, 2n ** bits - 1n, -(2n ** bits)]),
];
const extreme = fc.constantFrom(...EXTREMES);
const position = fc.nat(2 ** 24);
/** Headers are where it hurts. */
const early = fc.oneof(position, fc.nat(64));

const changed = (bytes: Uint8Array, at: number, change: (old: number) => number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) copy[at % copy.length] = change(copy[at % copy.length]!);
  return copy;
};

const spliced = (bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);

/** A range of at most `length` bytes. */
const range = (bytes: Uint8Array, at: number, length: number) => {
  const start = at % (bytes.length + 1);
  return { start, part: bytes.subarray(start, start + length) };
};

function withNumber(
  bytes: Uint8Array,
  at: number,
  width: number,
  isLittle: boolean,
  value: bigint,
): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let i = 0; i < width; i++) {
    const place = (at % Math.max(1, copy.length)) + (isLittle ? i : width - 1 - i);
    if (place < copy.length) copy[place] = Number(BigInt.asUintN(64, value) >> BigInt(8 * i)) & 255;
  }
  return copy;
}

/** One of the numbers written in decimal digits becomes another text. */
function withDigits(bytes: Uint8Array, which: number, text: string): Uint8Array {
  const found = [...Buffer.from(bytes.subarray(0, 4096)).toString("latin1").matchAll(/\d+/g)];
  const match = found[which % Math.max(1, found.length)];
  return match ? spliced(bytes, match.index, match[0].length, Buffer.from(text)) : bytes;
}

const one: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(early, fc.nat(7)).map(
    ([at, bit]): Mutation =>
      (bytes) =>
        changed(bytes, at, (old) => old ^ (1 << bit)),
  ),
  fc.tuple(early, fc.nat(255)).map(
    ([at, value]): Mutation =>
      (bytes) =>
        changed(bytes, at, () => value),
  ),
  fc.tuple(early, fc.constantFrom(...Buffer.from('"[]{},:0-.eE\\\n -&*#!'))).map(
    ([at, value]): Mutation =>
      (bytes) =>
        changed(bytes, at, () => value),
  ),
  position.map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
  fc.tuple(early, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(
    ([at, more]): Mutation =>
      (bytes) =>
        spliced(bytes, at % (bytes.length + 1), 0, more),
  ),
  fc.tuple(early, fc.integer({ min: 1, max: 64 })).map(
    ([at, length]): Mutation =>
      (bytes) =>
        spliced(bytes, at % (bytes.length + 1), length, new Uint8Array(0)),
  ),
  fc.tuple(early, fc.integer({ min: 1, max: 512 }), position).map(
    ([from, length, to]): Mutation =>
      (bytes) =>
        spliced(bytes, to % (bytes.length + 1), 0, range(bytes, from, length).part),
  ),
  fc.tuple(early, fc.constantFrom(1, 2, 4, 8), fc.boolean(), extreme).map(
    ([at, width, isLittle, value]): Mutation =>
      (bytes) =>
        withNumber(bytes, at, width, isLittle, value),
  ),
  fc
    .tuple(
      fc.nat(),
      fc.oneof(
        extreme.map(String),
        fc.constantFrom("1e400", "0.5", "null", "[]", "00", "1e3"),
        fc.nat(99).map(String),
      ),
    )
    .map(
      ([which, text]): Mutation =>
        (bytes) =>
          withDigits(bytes, which, text),
    ),
);

/** One to three changes of a file: of bits, bytes, ranges, and numbers in binary or in digits. */
export const mutation: fc.Arbitrary<Mutation> = fc.array(one, { minLength: 1, maxLength: 3 }).map(
  (steps): Mutation =>
    (bytes) =>
      steps.reduce((now, step) => step(now), bytes),
);

/** What a reader returned, or undefined if it refused the file as it should. Anything else that it throws is thrown. */
export async function readOrRefused<Value>(
  file: string,
  read: () => Value | Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof NextpixelError)) throw error;
    const { message } = error;
    const fault = !message.includes(file)
      ? "does not name the file"
      : message.length > 2000
        ? "is too long"
        : /[\p{Cc}\u2028\u2029]/u.test(message)
          ? "is not one line"
          : undefined;
    if (fault !== undefined)
      throw new Error(`a message ${fault}: ${message.slice(0, 500)}`, { cause: error });
    return undefined;
  }
}

/** How many mutated files were read, and how many refused: both must happen, or a test tests nothing. */
export interface Tally {
  read: number;
  refused: number;
}

/**
 * Runs `check` on as many mutated files. `read` in it tells what is left to be compared, or undefined if it was
 * refused.
 */
export async function fuzz(
  { seed, runs }: { readonly seed: number; readonly runs: number },
  check: (mutate: Mutation, isEven: boolean) => Promise<unknown>,
): Promise<Tally> {
  const tally: Tally = { read: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(mutation, fc.boolean(), async (mutate, isEven) => {
      const result = await check(mutate, isEven);
      if (result === undefined) tally.refused++;
      else tally.read++;
    }),
    { seed, numRuns: runs, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true },
  );
  return tally;
}

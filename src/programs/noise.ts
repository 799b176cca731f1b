import { hash } from "../basics/hash.ts";
import { normalQuantile } from "../basics/normal.ts";
import { philox4x32, Purpose, seedKey, uniform, type PhiloxKey } from "../basics/philox.ts";
import type { Shape } from "../graph/primitives.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { NoiseInput } from "../nn/noise-input.ts";
import { fillWithKnown } from "./known-pixels.ts";

/** The random numbers of a batch by the names of their inputs. */
export type Noise = Readonly<Record<string, Float32Array>>;

/**
 * The values of the noise inputs for pictures first .. first+batch-1. Every number is a function of the seed, the step,
 * the picture, the name of its input and its place in the input. So a training that is resumed, or divided into other
 * shares, sees the same numbers. Each call overwrites the numbers of the call before.
 */
export function noiseOf(
  inputs: readonly NoiseInput[],
  batch: number,
  seed: number,
): (step: number, first?: number) => Noise {
  const key = seedKey(seed);
  const filled = inputs.map(({ node, distribution }) => ({
    name: node.attributes.name,
    stream: hash(node.attributes.name),
    length: sizeOf(node.shape.slice(1)),
    fill: filler(distribution, node.shape),
    values: new Float32Array(batch * sizeOf(node.shape.slice(1))),
  }));
  return (step, first = 0) => {
    for (const { stream, length, fill, values } of filled)
      for (let i = 0; i < batch; i++) {
        const words = philox4x32([step, first + i, stream, Purpose.noise], key);
        fill(values.subarray(i * length, (i + 1) * length), words);
      }
    return Object.fromEntries(filled.map(({ name, values }) => [name, values]));
  };
}

/** Fills the numbers of one picture, from the 128 random bits that belong to it. */
type Fill = (values: Float32Array, words: Words) => void;
type Words = readonly [number, number, number, number];

function filler(distribution: NoiseInput["distribution"], shape: Shape): Fill {
  if (distribution === "normal")
    return (values, words) => fillFrom(values, words, (word) => normalQuantile(uniform(word)));
  // No more bits than float32 can hold without rounding to 1.
  if (distribution === "uniform")
    return (values, words) => fillFrom(values, words, (word) => ((word >>> 9) + 0.5) / 2 ** 23);
  if (distribution === "known") {
    const extent = [shape[2]!, shape[3]!] as const;
    return (values, words) => fillWithKnown(values, extent, words, (of) => fillFrom(values, words, of));
  }
  return dropoutFiller(distribution.dropout);
}

/** Fills with a function of random 32-bit words. */
function fillFrom(values: Float32Array, [a, b, c, d]: Words, of: (word: number) => number): void {
  const key: PhiloxKey = [a, b];
  for (let i = 0; i < values.length; i += 4) {
    const words = philox4x32([i, 0, c, d], key);
    for (let j = 0; j < 4 && i + j < values.length; j++) values[i + j] = of(words[j]!);
  }
}

/** Each value of a mask is decided by one random byte. */
const CHANCES = 256;

/**
 * Fills with dropout masks. There are millions of values at each step, for which Philox would take longer than the step
 * itself. A hash of the position (C. Wellons, "lowbias32") makes four at once, in about 1 ns each.
 */
function dropoutFiller(rate: number): Fill {
  const dropped = Math.min(Math.round(rate * CHANCES), CHANCES - 1);
  const chances = new Float32Array(CHANCES).fill(CHANCES / (CHANCES - dropped), dropped);
  return (values, [first, second]) => {
    let bits = 0;
    for (let i = 0; i < values.length; i++) {
      if ((i & 3) === 0) {
        bits = i ^ first;
        bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
        bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
        bits = bits ^ (bits >>> 16) ^ second;
      }
      values[i] = chances[bits & 255]!;
      bits >>>= 8;
    }
  };
}

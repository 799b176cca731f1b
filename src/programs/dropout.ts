import { philox4x32, Purpose, seedKey } from "../basics/philox.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";

export interface DropoutOptions {
  /** Share of the values that are dropped, below 1; to the nearest 1/256. */
  readonly rate: number;
  readonly seed: number;
}

/** A byte of randomness decides on a value. */
const CHANCES = 256;

/**
 * The masks of a step for a batch of pictures, by the names of their inputs: 0 with the given rate, else 1 / (1 - rate), which leaves the mean as it is.
 * They are a function of seed, step and mask, so that a training that is resumed goes on as it would have. Every step's masks are
 * written over those of the step before.
 */
export function dropoutMasks(
  inputs: readonly Node<"input">[],
  batch: number,
  { rate, seed }: DropoutOptions,
): (step: number) => Record<string, Float32Array> {
  const dropped = Math.min(Math.round(rate * CHANCES), CHANCES - 1);
  const values = new Float32Array(CHANCES).fill(CHANCES / (CHANCES - dropped), dropped);
  const masks = inputs.map(({ shape }) => new Float32Array(batch * sizeOf(shape.slice(1))));
  return (step) => {
    masks.forEach((mask, i) => {
      const [first, second] = philox4x32([step, i, 0, Purpose.dropout], seedKey(seed));
      fill(mask, values, first, second);
    });
    return Object.fromEntries(inputs.map(({ attributes: { name } }, i) => [name, masks[i]!]));
  };
}

/**
 * Fills a mask with random elements of 256 values. There are millions to fill at each step, for which Philox would take longer
 * than the step itself: a hash of the position (C. Wellons, "lowbias32") makes four at once, about 1 ns each.
 */
function fill(mask: Float32Array, values: Float32Array, first: number, second: number): void {
  let bits = 0;
  for (let i = 0; i < mask.length; i++) {
    if ((i & 3) === 0) {
      bits = i ^ first;
      bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
      bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
      bits = bits ^ (bits >>> 16) ^ second;
    }
    mask[i] = values[bits & 255]!;
    bits >>>= 8;
  }
}

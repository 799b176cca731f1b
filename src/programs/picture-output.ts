import type { PictureSize } from "../data/dataset.ts";
import type { Node } from "../graph/node.ts";
import type { Likelihood } from "../likelihood/likelihood.ts";

/** What a network that makes whole pictures at once says of them. */
export type PictureOutput =
  /**
   * The logits of a likelihood whose sub-pixels do not depend on those of other pixels, [batch, logits, rows,
   * cols].
   */
  | { readonly kind: "logits"; readonly node: Node; readonly likelihood: Likelihood }
  /** The pictures themselves, [batch, channels, rows, cols], from -1 to 1. */
  | { readonly kind: "values"; readonly node: Node };

/** Which level a sub-pixel gets, from the masses of all levels. `picture` is counted from the first one of the batch. */
export type ChooseLevel = (
  masses: ArrayLike<number>,
  picture: number,
  pixel: number,
  channel: number,
) => number;

/** The likeliest level. */
export function likeliestLevel(masses: ArrayLike<number>): number {
  let best = 0;
  for (let level = 1; level < masses.length; level++) if (masses[level]! > masses[best]!) best = level;
  return best;
}

/**
 * The levels of pictures, [count, channels, rows, cols], from the values of an output: by a likelihood they are
 * chosen one after the other in each pixel, else they are rounded.
 */
export function levelsOf(
  output: PictureOutput,
  values: Float32Array,
  { channels, rows, cols }: PictureSize,
  { levels, temperature, choose }: { levels: number; temperature: number; choose: ChooseLevel },
): Uint8Array {
  if (output.kind === "values") return roundedLevels(values, levels);
  const { likelihood } = output;
  const pixels = rows * cols;
  const logits = likelihood.logits(channels);
  const groups = likelihood.groups(channels);
  const [own, together] = [logits / groups, channels / groups];
  const count = values.length / (logits * pixels);
  const chosen = new Uint8Array(count * channels * pixels);
  const ofGroup = new Float32Array(own);
  const ofPixel = new Uint8Array(together);
  const earlier = Array.from(ofPixel, (_, i) => ofPixel.subarray(0, i));
  for (let picture = 0; picture < count; picture++)
    for (let pixel = 0; pixel < pixels; pixel++)
      for (let group = 0; group < groups; group++) {
        for (let i = 0; i < own; i++)
          ofGroup[i] = values[(picture * logits + group * own + i) * pixels + pixel]!;
        for (let i = 0; i < together; i++) {
          const channel = group * together + i;
          const level = choose(likelihood.masses(ofGroup, temperature, earlier[i]!), picture, pixel, channel);
          chosen[(picture * channels + channel) * pixels + pixel] = level;
          ofPixel[i] = level;
        }
      }
  return chosen;
}

/** The levels 0 .. levels-1 that are nearest to values from -1 to 1. */
export function roundedLevels(values: Float32Array, levels: number): Uint8Array {
  const top = levels - 1;
  // A loop, because `from` with a function takes 80 times as long: most of the time of decoding.
  const rounded = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++)
    rounded[i] = Math.min(Math.max(Math.round(((values[i]! + 1) / 2) * top), 0), top);
  return rounded;
}

/** Levels as networks read them, from -1 to 1; `roundedLevels` turns it back. */
export const scaledLevels = (values: Uint8Array, levels: number): Float32Array =>
  new Float32Array(values).map((level) => (2 * level) / (levels - 1) - 1);

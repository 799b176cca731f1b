import type { PictureSize } from "../data/dataset.ts";
import type { Node } from "../graph/node.ts";
import type { Likelihood } from "../likelihood/likelihood.ts";
import { openPixelDrawer } from "../runtime/step/pixel-drawer.ts";

/** What a network that makes whole pictures at once says of them. */
export type PictureOutput =
  /**
   * The logits of a likelihood whose sub-pixels do not depend on those of other pixels, [batch, logits, rows,
   * cols].
   */
  | { readonly kind: "logits"; readonly node: Node; readonly likelihood: Likelihood }
  /** The pictures themselves, [batch, channels, rows, cols], from -1 to 1. */
  | { readonly kind: "values"; readonly node: Node };

/**
 * The likeliest levels of pictures, [count, channels, rows, cols], given the values of an output: by a likelihood one
 * after the other in each pixel.
 */
export function likeliestLevels(
  output: PictureOutput,
  values: Float32Array,
  { channels, rows, cols }: PictureSize,
  levels: number,
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
          const level = likeliestLevel(likelihood.masses(ofGroup, 1, earlier[i]!));
          chosen[(picture * channels + channel) * pixels + pixel] = level;
          ofPixel[i] = level;
        }
      }
  return chosen;
}

function likeliestLevel(masses: ArrayLike<number>): number {
  let best = 0;
  for (let level = 1; level < masses.length; level++) if (masses[level]! > masses[best]!) best = level;
  return best;
}

/** Draws the levels of pictures, [count, channels, rows, cols], given the values of an output. */
export type DrawLevels = (
  values: Float32Array,
  options: {
    readonly seed: number;
    readonly temperature: number;
    /** The number that each of the pictures has under the seed. */
    readonly pictureOf: (index: number) => number;
  },
) => Uint8Array;

/** Opens what draws from an output of pictures of a size: if it is the pictures themselves, they are rounded. */
export async function openLevelDrawer(
  output: PictureOutput,
  { channels, rows, cols }: PictureSize,
  levels: number,
): Promise<DrawLevels> {
  if (output.kind === "values") return (values) => roundedLevels(values, levels);
  const { likelihood } = output;
  const pixels = rows * cols;
  const logits = likelihood.logits(channels);
  const draw = likelihood.kernel ?? likelihood.masses;
  const drawer = await openPixelDrawer(
    { draw, groups: likelihood.groups(channels), levels },
    { channels, logits, pixels },
  );
  return (values, { seed, temperature, pictureOf }) => {
    const count = values.length / (logits * pixels);
    const drawn = new Uint8Array(count * channels * pixels);
    for (let i = 0; i < count; i++) {
      const ofPicture = values.subarray(i * logits * pixels, (i + 1) * logits * pixels);
      const picture = drawer.draw(ofPicture, { seed, temperature, picture: pictureOf(i) });
      drawn.set(picture, i * channels * pixels);
    }
    return drawn;
  };
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

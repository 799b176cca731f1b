import { hash } from "../basics/hash.ts";
import { normalQuantile } from "../basics/normal.ts";
import { philox4x32, Purpose, seedKey, uniform } from "../basics/philox.ts";
import { throwIfAborted } from "./interruption.ts";
import type { ComparedRow } from "./report.ts";
import { measurePictures, type MeasuredPictures } from "./row.ts";
import type { Yardstick } from "./yardstick.ts";

/** Pictures of the data set, measured as if a model had drawn them: what is good, and what is bad. */
export async function controlRows(
  yardstick: Yardstick,
  seed: number,
  progress: (done: number) => void,
  signal: AbortSignal | undefined,
): Promise<ComparedRow[]> {
  const { half, otherHalf, heldOut } = yardstick.controls;
  const controls: readonly (readonly [string, () => Promise<MeasuredPictures>])[] = [
    ["training half against half", () => measurePictures(yardstick, otherHalf, half)],
    ["held-out pictures", () => measurePictures(yardstick, heldOut)],
    ["noisy held-out pictures", () => measurePictures(yardstick, noisy(heldOut, yardstick.levels, seed))],
  ];
  const rows: ComparedRow[] = [];
  for (const [i, [name, measure]] of controls.entries()) {
    throwIfAborted(signal);
    rows.push({ name, kind: "control", ...(await measure()) });
    progress((i + 1) / controls.length);
  }
  return rows;
}

/** Standard deviation of the noise, where black is 0 and white 1. */
export const NOISE = 0.5;

/** Pictures with normally distributed noise on every sub-pixel, rounded to levels. A function of the seed. */
export function noisy(pictures: Uint8Array, levels: number, seed: number): Uint8Array {
  const [key, stream] = [seedKey(seed), hash("noisy pictures")];
  const highest = levels - 1;
  return pictures.map((level, i) => {
    const noise = normalQuantile(uniform(philox4x32([i, 0, stream, Purpose.noise], key)[0]));
    return Math.min(highest, Math.max(0, Math.round(level + NOISE * highest * noise)));
  });
}

import * as v from "valibot";
import { pictureLength, type PictureSize } from "../data/dataset.ts";
import { unexpected } from "../files/unexpected.ts";
import type { PartArray } from "../tasks/part-file.ts";

// What parts tell of their work. They may come from anywhere.

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** Of every work. */
export const aboutWork = { nextpixel: v.string(), model: v.string() };

export const aboutSize = { size: v.object({ channels: whole, rows: whole, cols: whole }) };

/** Of work that makes pictures: `text` goes into the PNG files. */
export const aboutPictures = {
  ...aboutSize,
  levels: v.pipe(whole, v.minValue(2), v.maxValue(256)),
  text: v.record(v.string(), v.string()),
};

/** The pictures in an array, levels [count, channels, rows, cols]. @throws FORMAT if it has another length */
export function picturesIn(
  arrays: Readonly<Record<string, PartArray>>,
  size: PictureSize,
  count: number,
  name = "pictures",
): Uint8Array {
  const found = arrays[name];
  if (found instanceof Uint8Array && found.length === count * pictureLength(size)) return found;
  throw unexpected("the parts", `${name} of ${size.cols}x${size.rows}`, `${found?.length ?? "no"} numbers`);
}

/** Numbers in an array, `each` for each of `count` pictures. @throws FORMAT if they are others */
export function numbersIn<Type extends Float32Array | Float64Array>(
  arrays: Readonly<Record<string, PartArray>>,
  name: string,
  type: new (length: number) => Type,
  length: number,
): Type {
  const found = arrays[name];
  if (found instanceof type && found.length === length) return found;
  throw unexpected("the parts", `${length} numbers as ${name}`, `${found?.length ?? "none"}`);
}

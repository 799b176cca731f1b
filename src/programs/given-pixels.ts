import { expected } from "../basics/errors.ts";
import { pictureLength, type PictureSize } from "../data/dataset.ts";
import type { GivenPixels } from "../runtime/step/draw.ts";

/** Checks that given pixels are those of `count` pictures. @throws ARGUMENT */
export function checkGiven(given: GivenPixels, count: number, size: PictureSize, levels: number): void {
  const values = count * pictureLength(size);
  if (given.levels.length !== values) {
    throw expected("ARGUMENT", `${values} sub-pixels`, "the given pictures", given.levels.length);
  }
  const pixels = size.rows * size.cols;
  if (given.isGiven.length !== pixels) {
    const wanted = `${pixels} values, one for each pixel,`;
    throw expected("ARGUMENT", wanted, "which pixels are given", given.isGiven.length);
  }
  const tooHigh = given.levels.find((level) => level >= levels);
  if (tooHigh !== undefined)
    throw expected("ARGUMENT", `levels below ${levels}`, "the given pictures", tooHigh);
}

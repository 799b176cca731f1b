import { expected, wholeNumber } from "../basics/errors.ts";
import { pictureDataset, type CropPlace, type Dataset, type Extent, type PictureSize } from "./dataset.ts";

/** A part of a picture. */
export interface Crop extends Extent {
  readonly top: number;
  readonly left: number;
}

const MAX_SIDE = 2 ** 14;

/**
 * `extent` if it is a possible size of pictures; `option` names it in the error.
 *
 * @throws ARGUMENT if it is not.
 */
export function checkExtent({ rows, cols }: Extent, option: string): Extent {
  return {
    rows: wholeNumber(rows, `${option} rows`, 1, MAX_SIDE),
    cols: wholeNumber(cols, `${option} cols`, 1, MAX_SIDE),
  };
}

/**
 * The crop of a picture at a place, or in its centre.
 *
 * @throws ARGUMENT that names `whose` picture it is if the picture is smaller.
 */
export function cropAt(
  picture: Extent,
  { rows, cols }: Extent,
  place: CropPlace | undefined,
  whose: string,
): Crop {
  const [down, across] = [picture.rows - rows, picture.cols - cols];
  if (down < 0 || across < 0) {
    const wanted = `at least ${cols}x${rows} pixels, the size of the crops,`;
    throw expected("ARGUMENT", wanted, whose, `${picture.cols}x${picture.rows}`);
  }
  const at = (spare: number, where: number | undefined) =>
    Math.floor(where === undefined ? spare / 2 : where * (spare + 1));
  return { top: at(down, place?.down), left: at(across, place?.across), rows, cols };
}

/** Part of a picture's levels, [channels, rows, cols] of `size`: [channels, crop.rows, crop.cols]. */
export function cut(levels: Uint8Array, size: PictureSize, { top, left, rows, cols }: Crop): Uint8Array {
  const part = new Uint8Array(size.channels * rows * cols);
  for (let channel = 0; channel < size.channels; channel++)
    for (let row = 0; row < rows; row++) {
      const from = (channel * size.rows + top + row) * size.cols + left;
      part.set(levels.subarray(from, from + cols), (channel * rows + row) * cols);
    }
  return part;
}

/**
 * Crops of a data set's pictures, or the data set itself if `extent` is its own or undefined.
 *
 * @throws ARGUMENT if it is larger.
 */
export function cropped(dataset: Dataset, extent: Extent | undefined): Dataset {
  if (extent === undefined) return dataset;
  const { rows, cols } = checkExtent(extent, "crop");
  const { name, count, size, levels, labels, classNames } = dataset;
  const at = (place?: CropPlace) => cropAt(size, extent, place, `the pictures of ${name}`);
  at();
  if (rows === size.rows && cols === size.cols) return dataset;
  const about = { name, count, size: { ...size, rows, cols }, levels, labels, classNames };
  return pictureDataset(about, async (index, place) => cut(await dataset.read([index]), size, at(place)));
}

import { stat } from "node:fs/promises";
import { expected } from "../basics/errors.ts";
import { readBounded } from "../files/bounded-read.ts";
import { readError } from "../files/system-error.ts";
import type { Extent } from "./dataset.ts";
import { decodingError, headerOf, pixelsOf, readPicture } from "./picture-file.ts";

/** Grey values from here on are white. */
const WHITE = 128;

/**
 * Which pixels of a mask are white or transparent: 1 for these, 0 for black, [rows, cols].
 *
 * @throws NOT_FOUND if the file cannot be read; FORMAT if it cannot be decoded; ARGUMENT if it has another size.
 */
export async function readMask(file: string, { rows, cols }: Extent): Promise<Uint8Array> {
  await stat(file).catch((cause: unknown) => {
    throw readError(file, cause);
  });
  const decoded = <Value>(reading: Promise<Value>) =>
    reading.catch((cause: unknown) => {
      throw decodingError(file, cause);
    });
  const picture = await decoded(readPicture((limit) => readBounded(file, limit)));
  const header = await decoded(headerOf(picture));
  if (header.rows !== rows || header.cols !== cols) {
    const wanted = `${cols}x${rows} pixels, the size of the pictures,`;
    throw expected("ARGUMENT", wanted, `mask ${file}`, `${header.cols}x${header.rows}`);
  }
  const grey = await decoded(pixelsOf(picture, { channels: 1, rows, cols }));
  return grey.map((value) => Number(value >= WHITE));
}

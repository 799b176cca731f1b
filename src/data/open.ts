import { NextpixelError } from "../basics/errors.ts";
import { cropped } from "./crop.ts";
import type { Dataset } from "./dataset.ts";
import { DATASET_HELP, FORMATS } from "./formats/all.ts";
import type { Format, OpenOptions } from "./formats/format.ts";

export type { OpenOptions } from "./formats/format.ts";

/**
 * The data set of a name or path: of the first format in `FORMATS` that recognises it. Without `levels`, pictures that
 * have 2, 4 or 16 levels are read with as many, others with 256. Warnings say so, and what of the files is lost.
 *
 * @throws NOT_FOUND if there is none; ARGUMENT if pictures of this format cannot be resized, or are smaller than the
 * crops; and the errors of the format.
 */
export async function openDataset(name: string, options: OpenOptions = {}): Promise<Dataset> {
  const format = await formatOf(name);
  if (format === undefined) {
    throw new NextpixelError("NOT_FOUND", `no data set "${name}": expected one of ${DATASET_HELP}`);
  }
  if (options.resize && !format.canResize) {
    const message = `only a folder or an archive of pictures, or one picture, can be resized, received data set "${name}"`;
    throw new NextpixelError("ARGUMENT", message, { about: ["resize"] });
  }
  return cropped(await format.open(name, options), options.crop);
}

/** The name of the data set that validates what is trained on `name`, if one belongs to it. */
export const validationOf = async (name: string): Promise<string | undefined> =>
  (await formatOf(name))?.validationOf?.(name);

async function formatOf(name: string): Promise<Format | undefined> {
  for (const format of FORMATS) if (await format.recognises(name)) return format;
  return undefined;
}

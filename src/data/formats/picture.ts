import { basename, dirname } from "node:path";
import { isFile } from "../../files/bounded-read.ts";
import type { Dataset } from "../dataset.ts";
import { PICTURE_KINDS } from "../picture-file.ts";
import { filesOf } from "./file-tree.ts";
import type { Format } from "./format.ts";
import { openPictureFiles, type PictureOptions } from "./picture-files.ts";

const PICTURE_NAME = /\.(png|jpe?g|webp|gif|tiff?|avif)$/i;

/** Whether a file is a picture, by its name. */
export const isPictureName = (path: string): boolean => PICTURE_NAME.test(path);

/**
 * The data set of one picture file, without a label.
 *
 * @throws the errors of `openPictureFiles`.
 */
export async function openPicture(file: string, options: PictureOptions = {}): Promise<Dataset> {
  const tree = filesOf(dirname(file), [basename(file)]);
  const alone = { ...options, skipBad: false };
  return (await openPictureFiles(file, tree, tree.paths, alone)).dataset;
}

/** One picture, to score or to complete. */
export const picture: Format = {
  help: `a picture (${PICTURE_KINDS})`,
  canResize: true,
  recognises: async (name) => isPictureName(name) && (await isFile(name)),
  open: openPicture,
};

import { NextpixelError } from "../../basics/errors.ts";
import type { Dataset } from "../dataset.ts";
import { filesUnder } from "./files-under.ts";
import { folderOf, splitOf, validSplitOf } from "./folder-splits.ts";
import type { Format } from "./format.ts";
import { openPictureFiles, type PictureOptions } from "./picture-files.ts";
import { isPictureName } from "./picture.ts";

/**
 * The PNG, JPEG and WebP files of a folder. Sub-folders are classes, in the order of their names, and a picture deeper
 * down belongs to the top-level sub-folder that it is under; pictures that lie in the folder itself have no labels.
 *
 * @throws ARGUMENT if pictures lie both in the folder and in sub-folders; the errors of `openPictureFiles`.
 */
export async function openFolder(
  folder: string,
  options: PictureOptions = {},
  name = folder,
): Promise<Dataset> {
  const files = (await filesUnder(folder)).filter(isPictureName);
  checkLayout(folder, files);
  const { dataset, paths } = await openPictureFiles(name, folder, files, options);
  return { ...dataset, ...classesOf(paths) };
}

function checkLayout(folder: string, paths: readonly string[]): void {
  const inRoot = paths.find((path) => !path.includes("/"));
  const inClass = paths.find((path) => path.includes("/"));
  if (inRoot === undefined || inClass === undefined) return;
  throw new NextpixelError(
    "ARGUMENT",
    `${folder}: expected pictures either in the folder itself or in sub-folders (classes), received both ${inRoot} and ${inClass}`,
  );
}

function classesOf(paths: readonly string[]): Pick<Dataset, "labels" | "classNames"> {
  if (!paths[0]!.includes("/")) return { labels: undefined, classNames: undefined };
  const folders = paths.map((path) => path.slice(0, path.indexOf("/")));
  const classNames = [...new Set(folders)].sort();
  const numbers = new Map(classNames.map((name, label) => [name, label]));
  return { labels: Int32Array.from(folders, (name) => numbers.get(name)!), classNames };
}

/** A folder of pictures, or one of the splits that it is divided into: see `splitOf`. */
export const folder: Format = {
  help: "a folder of pictures (its splits with :test, :valid)",
  canResize: true,
  recognises: async (name) => (await folderOf(name)) !== undefined,
  async open(name, options) {
    const split = await splitOf(name);
    if (split === undefined) return openFolder(name, options);
    if (split.note !== undefined) options.onWarning?.(split.note);
    return openFolder(split.folder, options, name);
  },
  validationOf: validSplitOf,
};

import { NextpixelError } from "../../basics/errors.ts";
import type { Dataset } from "../dataset.ts";
import { subtree, type FileTree } from "./file-tree.ts";
import type { OpenOptions } from "./format.ts";
import { pageAt } from "./frames.ts";
import { classesOfNames, isMetadata, metadataLabels } from "./metadata.ts";
import { openPictureFiles } from "./picture-files.ts";
import { isPictureName } from "./picture.ts";

/**
 * The pictures of a folder or an archive, or of what is `under` one of its folders. Metadata files tell their classes,
 * see `metadataLabels`, if there are such and `labels` is not false. Else sub-folders are classes, in the order of
 * their names, and a picture deeper down belongs to the top-level sub-folder that it is under; pictures that lie at the
 * top have no labels.
 *
 * @throws ARGUMENT if pictures lie both at the top and in sub-folders and there is no metadata file; the errors of
 * `metadataLabels` and `openPictureFiles`.
 */
export async function openTree(
  whole: FileTree,
  under: string,
  options: OpenOptions,
  name: string,
): Promise<Dataset> {
  const tree = subtree(whole, under);
  const pictures = tree.paths.filter(isPictureName);
  const isTold = whole.paths.some(isMetadata);
  const full = (path: string) => under + path;
  const told =
    isTold && options.labels !== false ? await metadataLabels(whole, under, pictures.map(full)) : undefined;
  if (!isTold) checkLayout(tree.name, pictures);
  const { dataset, paths } = await openPictureFiles(name, tree, pictures, options);
  if (told) return { ...dataset, ...classesOfNames(paths.map((path) => told.get(full(pageAt(path).file))!)) };
  return paths.every((path) => path.includes("/"))
    ? { ...dataset, ...classesOfNames(paths.map(topFolder)) }
    : dataset;
}

function checkLayout(name: string, paths: readonly string[]): void {
  const inRoot = paths.find((path) => !path.includes("/"));
  const inClass = paths.find((path) => path.includes("/"));
  if (inRoot === undefined || inClass === undefined) return;
  throw new NextpixelError(
    "ARGUMENT",
    `${name}: expected pictures either in the folder itself or in sub-folders (classes), received both ${inRoot} and ${inClass}`,
  );
}

const topFolder = (path: string): string => path.slice(0, path.indexOf("/"));

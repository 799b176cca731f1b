import { NextpixelError } from "../../basics/errors.ts";
import type { Dataset } from "../dataset.ts";
import { subtree, type FileTree } from "./file-tree.ts";
import { openPictureFiles, type PictureOptions } from "./picture-files.ts";
import { isPictureName } from "./picture.ts";

/**
 * The pictures of a folder or an archive, or of what is `under` one of its folders. Sub-folders are classes, in the
 * order of their names, and a picture deeper down belongs to the top-level sub-folder that it is under; pictures that
 * lie at the top have no labels.
 *
 * @throws ARGUMENT if pictures lie both at the top and in sub-folders; the errors of `openPictureFiles`.
 */
export async function openTree(
  whole: FileTree,
  under: string,
  options: PictureOptions,
  name: string,
): Promise<Dataset> {
  const tree = subtree(whole, under);
  const pictures = tree.paths.filter(isPictureName);
  checkLayout(tree.name, pictures);
  const { dataset, paths } = await openPictureFiles(name, tree, pictures, options);
  return { ...dataset, ...classesOf(paths) };
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

function classesOf(paths: readonly string[]): Pick<Dataset, "labels" | "classNames"> {
  if (!paths[0]!.includes("/")) return { labels: undefined, classNames: undefined };
  const folders = paths.map((path) => path.slice(0, path.indexOf("/")));
  const classNames = [...new Set(folders)].sort();
  const numbers = new Map(classNames.map((name, label) => [name, label]));
  return { labels: Int32Array.from(folders, (name) => numbers.get(name)!), classNames };
}

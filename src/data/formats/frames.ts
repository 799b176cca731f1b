import { mapConcurrently } from "../../basics/concurrent.ts";
import { PICTURES_AT_ONCE } from "../dataset.ts";
import { pagesOf, readPicture } from "../picture-file.ts";
import type { FileTree } from "./file-tree.ts";

/** A page of a file of several, from 0, as ImageMagick writes it: `scan.tif[2]`. No picture file has such a name. */
const PAGE = /^(.*)\[(\d+)\]$/s;

/** The file that a path means, and which page of it: the first, unless the path says more. */
export function pageAt(path: string): {
  readonly file: string;
  readonly page: number;
  readonly isOneOfMany: boolean;
} {
  const [, file = path, page] = PAGE.exec(path) ?? [];
  return { file, page: Number(page ?? 0), isOneOfMany: page !== undefined };
}

/**
 * Picture files with a path of its own for every frame of an animation and every page of a TIFF file. Files that cannot
 * be read have one: that they are bad is found out later.
 */
export async function withPages(tree: FileTree, paths: readonly string[]): Promise<readonly string[]> {
  const pages = await mapConcurrently(paths, PICTURES_AT_ONCE, async (path) =>
    readPicture((limit) => tree.read(path, limit))
      .then(pagesOf)
      .catch(() => 1),
  );
  return paths.flatMap((path, i) =>
    pages[i]! > 1 ? Array.from({ length: pages[i]! }, (_, page) => `${path}[${page}]`) : [path],
  );
}

/** The tree, which keeps the last file that was read: the next picture is likely to be another page of it. */
export function keepingLast(tree: FileTree): FileTree {
  let last: { readonly path: string; readonly bytes: Promise<Uint8Array> } | undefined;
  return {
    ...tree,
    read(path, limit) {
      if (last?.path !== path) last = { path, bytes: tree.read(path, limit) };
      return last.bytes;
    },
  };
}

import { join } from "node:path";
import { isFile, readBounded } from "../../files/bounded-read.ts";
import { filesUnder } from "./files-under.ts";

/** The files of a folder or of an archive. */
export interface FileTree {
  /** What errors call the whole. */
  readonly name: string;
  /** Of all files, with `/` between the names, sorted by UTF-16 code units; without hidden ones. */
  readonly paths: readonly string[];
  /** What errors call a file or a folder of it. */
  nameOf(path: string): string;
  /**
   * The bytes of a file.
   *
   * @throws NOT_FOUND and FORMAT, also if it has more than `limit` bytes.
   */
  read(path: string, limit: number): Promise<Uint8Array>;
}

/** These files of a folder. */
export const filesOf = (folder: string, paths: readonly string[]): FileTree => ({
  name: folder,
  paths,
  nameOf: (path) => join(folder, path),
  read: (path, limit) => readBounded(join(folder, path), limit),
});

/**
 * The files of a folder that are under one of its sub-folders, such as `train/`, and those of the names `above` that
 * lie beside it; or all files of the folder.
 *
 * @throws NOT_FOUND if the folder cannot be read.
 */
export async function folderTree(
  folder: string,
  under = "",
  above: readonly string[] = [],
): Promise<FileTree> {
  const paths = await filesUnder(under === "" ? folder : join(folder, under));
  if (under === "") return filesOf(folder, paths);
  const are = await Promise.all(above.map((name) => isFile(join(folder, name))));
  return filesOf(folder, [...above.filter((_, i) => are[i]), ...paths.map((path) => under + path)]);
}

/** The part of a tree that is in one of its folders, whose path ends in a slash. */
export const subtree = (tree: FileTree, under: string): FileTree =>
  under === ""
    ? tree
    : {
        name: tree.nameOf(under.slice(0, -1)),
        paths: tree.paths.flatMap((path) => (path.startsWith(under) ? [path.slice(under.length)] : [])),
        nameOf: (path) => tree.nameOf(under + path),
        read: (path, limit) => tree.read(under + path, limit),
      };

/** The names of the folders at the top of a tree. */
export const topFolders = ({ paths }: FileTree): readonly string[] => [
  ...new Set(paths.flatMap((path) => (path.includes("/") ? [path.slice(0, path.indexOf("/"))] : []))),
];

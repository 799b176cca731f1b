import { isFile } from "../../files/bounded-read.ts";
import { unexpected } from "../../files/unexpected.ts";
import { fileAccess, memoryAccess, partOf, type RandomAccess } from "../../files/random-access.ts";
import { subtree, topFolders, type FileTree } from "./file-tree.ts";
import type { Format } from "./format.ts";
import { readGzipped } from "./gzipped.ts";
import { isMetadata } from "./metadata.ts";
import { openTree } from "./picture-tree.ts";
import { isPictureName } from "./picture.ts";
import { meantBy, splitIn, validSplitIn } from "./splits.ts";
import { tarEntries } from "./tar.ts";
import { readEntry, zipEntries } from "./zip.ts";

/** Largest gzipped archive, before and after it is decompressed: only this kind is read into memory as a whole. */
const MAX_GZIPPED_BYTES = 2 ** 30;

const NAME = /\.(zip|tar|tar\.gz|tgz)$/i;

/** What archives have besides the files that were put into them, and hidden files. */
const IS_LEFT_OUT = /(^|\/)(\.|__MACOSX\/)/;

/** Files by their names, and how they are read. */
interface Contents {
  readonly names: Iterable<string>;
  read(name: string, limit: number): Promise<Uint8Array>;
}

/**
 * The files of an archive, ZIP or tar, gzipped or not: its first bytes tell. Folders that all pictures are in are left
 * away from the paths.
 *
 * @throws NOT_FOUND if it cannot be read; FORMAT if it is damaged.
 */
export async function archiveTree(file: string): Promise<FileTree> {
  const archive = await fileAccess(file);
  const start = Buffer.from(await archive.read(0, 2)).toString("latin1");
  const { names, read } =
    start === "PK"
      ? await zipContents(archive, file)
      : await tarContents(start === "\x1f\x8b" ? await gunzipped(file) : archive, file);
  const byPath = new Map<string, string>();
  for (const name of names) {
    const path = name.replace(/^(\.?\/)+/, "");
    if (!IS_LEFT_OUT.test(path)) byPath.set(path, name);
  }
  const paths = [...byPath.keys()].sort();
  const nameOf = (path: string) => `${file}: ${path}`;
  const tree = {
    name: file,
    paths,
    nameOf,
    read: (path: string, limit: number) => read(byPath.get(path)!, limit),
  };
  const common = commonFolder(paths.filter((path) => isPictureName(path) || isMetadata(path)));
  return { ...subtree(tree, common), name: file };
}

async function zipContents(archive: RandomAccess, file: string): Promise<Contents> {
  const entries = await zipEntries(archive, file);
  return {
    names: entries.keys(),
    read: (name, limit) => readEntry(archive, entries.get(name)!, `${file}: ${name}`, limit),
  };
}

async function tarContents(archive: RandomAccess, file: string): Promise<Contents> {
  const entries = await tarEntries(archive, file);
  return {
    names: entries.keys(),
    async read(name, limit) {
      const { start, size } = entries.get(name)!;
      if (size > limit) throw unexpected(`${file}: ${name}`, `at most ${limit} bytes`, String(size));
      return partOf(archive, start, size).read(0, size);
    },
  };
}

async function gunzipped(file: string): Promise<RandomAccess> {
  const packed = await readGzipped(file, MAX_GZIPPED_BYTES);
  const fault = `more than ${MAX_GZIPPED_BYTES} bytes (a .tar that is not gzipped may have any size)`;
  return memoryAccess(await packed.content(MAX_GZIPPED_BYTES, fault));
}

/** The path, with a slash at its end, of the deepest folder that all paths are in; empty if there is none. */
function commonFolder([first = "", ...others]: readonly string[]): string {
  let end = first.lastIndexOf("/") + 1;
  for (const path of others)
    while (!path.startsWith(first.slice(0, end))) end = first.lastIndexOf("/", end - 2) + 1;
  return first.slice(0, end);
}

const isArchive = async (path: string): Promise<boolean> => NAME.test(path) && (await isFile(path));

/** An archive of pictures, or one of the splits that it is divided into, as if it were unpacked. */
export const archive: Format = {
  help: "a .zip, .tar or .tar.gz of pictures",
  canResize: true,
  recognises: async (name) => (await meantBy(name, isArchive)) !== undefined,
  async open(name, options) {
    const meant = (await meantBy(name, isArchive))!;
    const tree = await archiveTree(meant.whole);
    const { under, note } = splitIn(meant, topFolders(tree));
    if (note !== undefined) options.onWarning?.(note);
    return openTree(tree, under, options, name);
  },
  async validationOf(name) {
    const meant = await meantBy(name, isArchive);
    return meant && validSplitIn(meant, topFolders(await archiveTree(meant.whole)));
  },
};

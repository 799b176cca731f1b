import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "../dataset.ts";
import { folderTree } from "./file-tree.ts";
import type { Format, OpenOptions } from "./format.ts";
import { METADATA_NAMES } from "./metadata.ts";
import { openTree } from "./picture-tree.ts";
import { meantBy, splitIn, validSplitIn } from "./splits.ts";

/**
 * The picture files of a folder, see `openTree`.
 *
 * @throws NOT_FOUND if it cannot be read; the errors of `openTree`.
 */
export const openFolder = async (
  folder: string,
  options: OpenOptions = {},
  name = folder,
): Promise<Dataset> => openTree(await folderTree(folder), "", options, name);

/** A folder of pictures, or one of the splits that it is divided into: see `splitIn`. */
export const folder: Format = {
  help: "a folder of pictures (its splits with :test, :valid)",
  canResize: true,
  recognises: async (name) => (await meantBy(name, isFolder)) !== undefined,
  async open(name, options) {
    const meant = (await meantBy(name, isFolder))!;
    const { under, note } = splitIn(meant, await subFolders(meant.whole));
    if (note !== undefined) options.onWarning?.(note);
    return openTree(await folderTree(meant.whole, under, METADATA_NAMES), under, options, name);
  },
  async validationOf(name) {
    const meant = await meantBy(name, isFolder);
    return meant && validSplitIn(meant, await subFolders(meant.whole));
  },
};

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function subFolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder).catch(() => []);
  const are = await Promise.all(entries.map((entry) => isFolder(join(folder, entry))));
  return entries.filter((_, i) => are[i]);
}

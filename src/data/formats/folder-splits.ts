import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { NextpixelError } from "../../basics/errors.ts";

/**
 * The names that sub-folders of splits have, in the image folders of Hugging Face too, by what a split is called here.
 */
export const SPLIT_ALIASES = {
  train: ["train", "training"],
  valid: ["valid", "validation", "val", "dev"],
  test: ["test", "testing"],
} as const;

export type SplitName = keyof typeof SPLIT_ALIASES;

const NAMES = Object.keys(SPLIT_ALIASES) as readonly SplitName[];

/** The split that has this name, or one of the others. */
export const splitNamed = (alias: string): SplitName | undefined =>
  NAMES.find((name) => SPLIT_ALIASES[name].some((one) => one === alias));

/** Where the pictures of a split are. */
export interface Split {
  readonly folder: string;
  /** What is to be said of it, if the name does not say which split is meant. */
  readonly note: string | undefined;
}

/**
 * The folder that a name stands for: it may end in `:train`, `:valid` or `:test`. Undefined if there is no such folder.
 */
export async function folderOf(name: string): Promise<string | undefined> {
  if (await isFolder(name)) return name;
  const { folder } = parse(name);
  return folder !== name && (await isFolder(folder)) ? folder : undefined;
}

/**
 * The split of a folder that a name stands for: `folder:test`, `folder:valid`, and both `folder` and `folder:train` for
 * the training pictures. A folder is divided into splits if it has a sub-folder `train` and one of the others.
 * Undefined for a folder that is not divided.
 *
 * @throws NOT_FOUND if it has no such split; ARGUMENT if two of its sub-folders are the same split.
 */
export async function splitOf(name: string): Promise<Split | undefined> {
  const folder = (await folderOf(name))!;
  const splits = await splitsOf(folder);
  const isNamed = folder !== name;
  const { split } = isNamed ? parse(name) : { split: "train" as const };
  const found = splits.get(split);
  if (found !== undefined) {
    const others = NAMES.flatMap((one) => (one !== split && splits.has(one) ? [`${folder}:${one}`] : []));
    const note = `${folder}: it is divided: these are the pictures of ${found}; the others are ${others.join(", ")}`;
    return { folder: join(folder, found), note: isNamed ? undefined : note };
  }
  if (!isNamed) return undefined;
  const there =
    splits.size > 0 ? [...splits.keys()].map((one) => `${folder}:${one}`).join(", ") : "no splits";
  throw new NextpixelError("NOT_FOUND", `no data set "${name}": ${folder} has ${there}`);
}

/** The validation split of the folder whose training pictures a name stands for: its name, if there is one. */
export async function validSplitOf(name: string): Promise<string | undefined> {
  const folder = await folderOf(name);
  if (folder === undefined || (folder !== name && parse(name).split !== "train")) return undefined;
  return (await splitsOf(folder)).has("valid") ? `${folder}:valid` : undefined;
}

/** The sub-folders of splits by their names; none if a folder is not divided. */
async function splitsOf(folder: string): Promise<ReadonlyMap<SplitName, string>> {
  const entries = (await readdir(folder).catch(() => [])).sort();
  const splits = new Map<SplitName, string>();
  for (const entry of entries) {
    const split = splitNamed(entry.toLowerCase());
    if (split === undefined || !(await isFolder(join(folder, entry)))) continue;
    const other = splits.get(split);
    if (other !== undefined) {
      const what = `${folder}: expected one sub-folder for the split "${split}", received ${other} and ${entry}`;
      throw new NextpixelError("ARGUMENT", what);
    }
    splits.set(split, entry);
  }
  return splits.has("train") && splits.size > 1 ? splits : new Map();
}

function parse(name: string): { readonly folder: string; readonly split: SplitName } {
  const [, folder = name, ending = ""] = /^(.+):(\w+)$/.exec(name) ?? [];
  const split = splitNamed(ending);
  return split === undefined ? { folder: name, split: "train" } : { folder, split };
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

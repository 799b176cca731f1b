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

/** A folder or an archive by its path, and the split of it that a name ends in, if any. */
export interface Meant {
  readonly whole: string;
  readonly split: SplitName | undefined;
}

/** Where the pictures of a split are. */
export interface Split {
  /** The path of their folder with a slash at its end; empty if the whole is not divided. */
  readonly under: string;
  /** What is to be said of it, if the name does not say which split is meant. */
  readonly note: string | undefined;
}

/** What a name means: it may end in `:train`, `:valid` or `:test`. Undefined if there is nothing of the kind. */
export async function meantBy(
  name: string,
  isThere: (path: string) => Promise<boolean>,
): Promise<Meant | undefined> {
  if (await isThere(name)) return { whole: name, split: undefined };
  const [, whole = "", ending = ""] = /^(.+):(\w+)$/.exec(name) ?? [];
  const split = splitNamed(ending);
  return split !== undefined && (await isThere(whole)) ? { whole, split } : undefined;
}

/**
 * The split that is meant: `folder:test`, `folder:valid`, and both `folder` and `folder:train` for the training
 * pictures. What has the sub-folders `folders` is divided into splits if they are `train` and one of the others.
 *
 * @throws NOT_FOUND if there is no such split; ARGUMENT if two sub-folders are the same split.
 */
export function splitIn({ whole, split }: Meant, folders: readonly string[]): Split {
  const splits = splitsOf(whole, folders);
  const found = splits.get(split ?? "train");
  if (found !== undefined) {
    const others = NAMES.flatMap((one) => (one !== "train" && splits.has(one) ? [`${whole}:${one}`] : []));
    const note = `${whole}: it is divided: these are the pictures of ${found}; the others are ${others.join(", ")}`;
    return { under: `${found}/`, note: split === undefined ? note : undefined };
  }
  if (split === undefined) return { under: "", note: undefined };
  const there = splits.size > 0 ? [...splits.keys()].map((one) => `${whole}:${one}`).join(", ") : "no splits";
  throw new NextpixelError("NOT_FOUND", `no data set "${whole}:${split}": ${whole} has ${there}`);
}

/** The name of the validation split that belongs to the training pictures that are meant, if there is one. */
export function validSplitIn(
  { whole, split = "train" }: Meant,
  folders: readonly string[],
): string | undefined {
  return split === "train" && splitsOf(whole, folders).has("valid") ? `${whole}:valid` : undefined;
}

/** The sub-folders of splits by their names; none if there is no division. */
function splitsOf(whole: string, folders: readonly string[]): ReadonlyMap<SplitName, string> {
  const splits = new Map<SplitName, string>();
  for (const folder of [...folders].sort()) {
    const split = splitNamed(folder.toLowerCase());
    if (split === undefined) continue;
    const other = splits.get(split);
    if (other !== undefined) {
      const what = `${whole}: expected one sub-folder for the split "${split}", received ${other} and ${folder}`;
      throw new NextpixelError("ARGUMENT", what);
    }
    splits.set(split, folder);
  }
  return splits.has("train") && splits.size > 1 ? splits : new Map();
}

import { hub } from "../hub/hub.ts";
import { published } from "../published/published.ts";
import { archive } from "./archive.ts";
import { builtIn } from "./built-in.ts";
import { cifar10 } from "./cifar10.ts";
import { folder } from "./folder.ts";
import type { Format } from "./format.ts";
import { idx } from "./idx.ts";
import { npy } from "./npy.ts";
import { npz } from "./npz.ts";
import { picture } from "./picture.ts";

/** All formats. The first that recognises a name opens it; `idx` takes every file that no other format does. */
export const FORMATS: readonly Format[] = [
  builtIn,
  published,
  hub,
  cifar10,
  folder,
  archive,
  npy,
  npz,
  picture,
  idx,
];

/** Whether a data set is known by its name, and is no path. @throws NOT_FOUND if a known one has no such split */
export async function hasOwnName(name: string): Promise<boolean> {
  for (const format of [builtIn, published, hub]) if (await format.recognises(name)) return true;
  return false;
}

/** What a data set can be, for help and errors. */
export const DATASET_HELP = FORMATS.map(({ help }) => help).join(", ");

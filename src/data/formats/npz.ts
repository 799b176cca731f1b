import { NextpixelError } from "../../basics/errors.ts";
import { isFile } from "../../files/bounded-read.ts";
import { unexpected } from "../../files/unexpected.ts";
import { fileAccess, type RandomAccess } from "../../files/random-access.ts";
import type { Dataset } from "../dataset.ts";
import { openArrays } from "./array-dataset.ts";
import { SPLIT_ALIASES, splitNamed, type SplitName } from "./splits.ts";
import type { Format, OpenOptions } from "./format.ts";
import { readNpy, type NpyArray } from "./npy-array.ts";
import { labelsNameOf } from "./npy.ts";
import { openEntry, zipEntries, type ZipEntry } from "./zip.ts";

/** Largest array that is packed, in bytes. */
const MAX_BYTES = 2 ** 30;

/** The arrays of a `.npz` file by their names. */
interface Arrays {
  readonly file: string;
  readonly archive: RandomAccess;
  readonly entries: ReadonlyMap<string, ZipEntry>;
}

/** `x.npz:test`: the file, and what is behind the colon. */
const NAME = /^(.+\.npz)(?::(.+))?$/i;

async function arraysOf(file: string): Promise<Arrays> {
  const archive = await fileAccess(file);
  const found = await zipEntries(archive, file);
  const entries = [...found].flatMap(([name, entry]) =>
    name.endsWith(".npy") ? [[name.slice(0, -".npy".length), entry] as const] : [],
  );
  return { file, archive, entries: new Map(entries) };
}

/** The name of the array of a split's pictures: as Keras calls it, `x_train`, or MedMNIST, `train_images`. */
const ofSplit = ({ entries }: Arrays, split: SplitName): string | undefined =>
  SPLIT_ALIASES[split]
    .flatMap((alias) => [`x_${alias}`, `X_${alias}`, `${alias}_images`])
    .find((one) => entries.has(one));

/**
 * The name of the array that is meant: by its name, or that of a split; without either the training pictures, or those
 * of a file that is not divided.
 *
 * @throws NOT_FOUND if there is none.
 */
function chosen(arrays: Arrays, wanted: string | undefined): string {
  const { file, entries } = arrays;
  if (wanted !== undefined && entries.has(wanted)) return wanted;
  const split = wanted === undefined ? "train" : splitNamed(wanted);
  const only = entries.size === 1 ? [...entries.keys()] : [];
  const undivided = wanted === undefined ? ["x", "X", "images", "arr_0", ...only] : [];
  const found = (split && ofSplit(arrays, split)) ?? undivided.find((one) => entries.has(one));
  if (found !== undefined) return found;
  const names = [...entries.keys()].map((one) => `${file}:${one}`).join(", ") || "no arrays";
  throw new NextpixelError(
    "NOT_FOUND",
    `no data set "${wanted === undefined ? file : `${file}:${wanted}`}": ${file} has ${names}`,
  );
}

async function arrayOf({ file, archive, entries }: Arrays, name: string): Promise<NpyArray> {
  const own = `${file}: ${name}.npy`;
  return readNpy(await openEntry(archive, entries.get(name)!, own, MAX_BYTES), own);
}

/**
 * The pictures of an array of a `.npz` file, see `openArrays`, and the labels of the array that `labelsNameOf` tells,
 * if it is there; of `np.savez(file, x, y)` they are `arr_1`.
 *
 * @throws NOT_FOUND if there is no such array; FORMAT if the file is damaged; the errors of `openArrays`.
 */
export async function openNpz(name: string, options: OpenOptions = {}): Promise<Dataset> {
  const [, file = name, wanted] = NAME.exec(name) ?? [];
  const arrays = await arraysOf(file);
  if (arrays.entries.size === 0) throw unexpected(file, "arrays whose names end in .npy", "none");
  const own = chosen(arrays, wanted);
  const beside = own === "arr_0" ? "arr_1" : labelsNameOf(own);
  const isLabelled = options.labels !== false && beside !== undefined && arrays.entries.has(beside);
  const pictures = await arrayOf(arrays, own);
  return openArrays(
    { pictures, labels: isLabelled ? await arrayOf(arrays, beside) : undefined },
    options,
    name,
  );
}

/** Several arrays by their names, as NumPy saves them and Keras ships MNIST. */
export const npz: Format = {
  help: "arrays of NumPy (.npz; with :test their test pictures)",
  canResize: false,
  async recognises(name) {
    const file = NAME.exec(name)?.[1];
    return file !== undefined && (await isFile(file));
  },
  open: openNpz,
  async validationOf(name) {
    const [, file = name, wanted = "train"] = NAME.exec(name) ?? [];
    const isTraining = splitNamed(wanted) === "train";
    return isTraining && ofSplit(await arraysOf(file), "valid") !== undefined ? `${file}:valid` : undefined;
  },
};

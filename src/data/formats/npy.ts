import { basename, dirname, join } from "node:path";
import { isFile, isThere } from "../../files/bounded-read.ts";
import { fileAccess } from "../../files/random-access.ts";
import type { Dataset } from "../dataset.ts";
import { openArrays } from "./array-dataset.ts";
import type { Format, OpenOptions } from "./format.ts";
import { readNpy, type NpyArray } from "./npy-array.ts";

/**
 * The name of the array of labels that belongs to one of pictures: `y_train` to `x_train`, `train_labels` to
 * `train_images`. Undefined for other names.
 */
export function labelsNameOf(name: string): string | undefined {
  const found = name.replace(/^x(?=$|[_.-])/i, (x) => (x === "x" ? "y" : "Y")).replace("images", "labels");
  return found === name ? undefined : found;
}

/**
 * The pictures of a `.npy` file, see `openArrays`. Labels come from the file beside it with the name that
 * `labelsNameOf` tells, if it is there and `labels` is not false.
 *
 * @throws NOT_FOUND if a file cannot be read; the errors of `readNpy` and `openArrays`.
 */
export async function openNpy(file: string, options: OpenOptions = {}, name = file): Promise<Dataset> {
  const pictures = await arrayOf(file);
  const own = labelsNameOf(basename(file));
  const beside = own && join(dirname(file), own);
  const isLabelled = options.labels !== false && beside !== undefined && (await isThere(beside));
  return openArrays({ pictures, labels: isLabelled ? await arrayOf(beside) : undefined }, options, name);
}

const arrayOf = async (file: string): Promise<NpyArray> => readNpy(await fileAccess(file), file);

/** One array of pictures, as NumPy saves it and Quick, Draw! publishes it. */
export const npy: Format = {
  help: "a NumPy array (.npy)",
  canResize: false,
  recognises: async (name) => /\.npy$/i.test(name) && (await isFile(name)),
  open: openNpy,
};

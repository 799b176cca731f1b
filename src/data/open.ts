import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { NextpixelError } from "../basics/errors.ts";
import { cifar10Files, openCifar10 } from "./cifar10.ts";
import { fetchSettings, type FetchOptions } from "../fetch/settings.ts";
import { CATALOG } from "./catalog.ts";
import { cropped } from "./crop.ts";
import type { Dataset } from "./dataset.ts";
import { isPictureName, openFolder, openPicture, type FolderOptions } from "./folder.ts";
import { hubPictures } from "./hub.ts";
import { hubName } from "./hub-name.ts";
import { openIdx } from "./idx.ts";
import { openPublished, publishedDataset } from "./published.ts";

export interface OpenOptions extends FolderOptions {
  /** Levels to quantise to; by default 17 for the built-in digits and 2 for binarised MNIST, which have no more, else 256. */
  readonly levels?: number | undefined;
  /** false: a file of labels beside an IDX file is left alone, whatever is in it. Labels are read by default. */
  readonly labels?: boolean | undefined;
  /** How what is not here is fetched. */
  readonly download?: FetchOptions | undefined;
}

const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ["digits", "digits8-train-images-idx3-ubyte.gz"],
  ["digits:test", "digits8-test-images-idx3-ubyte.gz"],
]);
const DIGITS_LEVELS = 17;

/**
 * The data set of a name: `digits`, `digits:test` (both come with nextpixel), one that is published (see `publishedDataset` and
 * `openPublished`) or on the Hugging Face Hub (see `hubName` and `hubPictures`), or the path of a folder of pictures (see `openFolder`),
 * of one picture (PNG, JPEG or WebP), of an IDX file (see `openIdx`), or of files in CIFAR-10's binary format or a folder of
 * them (see `cifar10Files` and `openCifar10`), whose errors are thrown too. NOT_FOUND error when it is none of these, ARGUMENT
 * error when other pictures than those of a folder are to be resized, or any are smaller than their crops.
 */
export async function openDataset(name: string, options: OpenOptions = {}): Promise<Dataset> {
  const onHub = hubName(name);
  if (onHub !== undefined) {
    const folder = await hubPictures(name, onHub, fetchSettings(options.download), options.onWarning);
    return { ...(await openFolder(folder, options)), name };
  }
  const builtIn = BUILT_IN.get(name);
  const published = publishedDataset(name);
  const isKnown = builtIn !== undefined || published !== undefined;
  const cifar10 = isKnown ? undefined : await cifar10Files(name);
  const kind = isKnown || cifar10 !== undefined ? "file" : await kindOf(name);
  if (kind === "folder") return openFolder(name, options);
  if (kind === "picture") return openPicture(name, options);
  if (options.resize !== undefined) {
    throw new NextpixelError(
      "ARGUMENT",
      `only a folder of pictures or one picture can be resized, received data set "${name}"`,
    );
  }
  const openFile = () => {
    if (published !== undefined) return openPublished(published, options, fetchSettings(options.download));
    if (cifar10 !== undefined) return openCifar10(cifar10, options, name);
    return builtIn === undefined ? openIdx(name, options) : openBuiltIn(builtIn, options, name);
  };
  return cropped(await openFile(), options.crop);
}

function openBuiltIn(file: string, options: OpenOptions, name: string): Promise<Dataset> {
  // datasets/ is two folders up from src/data and from dist/data alike.
  const path = fileURLToPath(new URL(`../../datasets/${file}`, import.meta.url));
  return openIdx(path, { ...options, levels: options.levels ?? DIGITS_LEVELS }, name);
}

async function kindOf(path: string): Promise<"folder" | "picture" | "file"> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return "folder";
  if (stats?.isFile()) return isPictureName(path) ? "picture" : "file";
  const names = ["digits", ...CATALOG.keys()].join(", ");
  throw new NextpixelError(
    "NOT_FOUND",
    `no data set "${path}": expected ${names}, one of these with :test, hf:owner/name, a folder of pictures, a picture, an IDX file or CIFAR-10's .bin files`,
  );
}

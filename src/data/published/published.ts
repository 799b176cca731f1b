import { join } from "node:path";
import { NextpixelError } from "../../basics/errors.ts";
import { cachedFiles } from "../../fetch/cached-files.ts";
import { checkFile } from "../../fetch/check-file.ts";
import { fetchSettings, type FetchSettings } from "../../fetch/settings.ts";
import { isThere } from "../../files/bounded-read.ts";
import { CATALOG, type Published, type PublishedOptions, type Split } from "./catalog.ts";
import type { Dataset } from "../dataset.ts";
import type { Format } from "../formats/format.ts";

/** A data set that is published somewhere, by its name. */
export interface PublishedName {
  readonly name: string;
  readonly set: string;
  readonly published: Published;
  readonly split: Split;
}

/**
 * What `mnist`, `binarized-mnist`, `fashion-mnist` and `cifar10` name, their training pictures, and these names with `:test`, or
 * `binarized-mnist:valid`. Undefined if a name is none of that; NOT_FOUND error if only what stands behind the colon is not.
 */
export function publishedDataset(name: string): PublishedName | undefined {
  const [set, split, ...rest] = name.split(":") as [string, ...string[]];
  const published = CATALOG.get(set);
  if (published === undefined || rest.length > 0) return undefined;
  if (split === undefined) return { name, set, published, split: published.train };
  const others = { valid: published.valid, test: published.test };
  const found = Object.entries(others).find(([key]) => key === split)?.[1];
  if (found !== undefined) return { name, set, published, split: found };
  const names = [set, ...Object.entries(others).flatMap(([key, one]) => (one ? [`${set}:${key}`] : []))];
  throw new NextpixelError("NOT_FOUND", `no data set "${name}": expected ${names.join(" or ")}`);
}

/**
 * The pictures of a published data set, from where a package of the system has put them, else from the cache, to which what is
 * missing is downloaded. All files are checked by their SHA-256. Errors as of `cachedFiles`.
 */
export async function openPublished(
  { name, set, published, split }: PublishedName,
  options: PublishedOptions,
  settings: FetchSettings,
): Promise<Dataset> {
  const paths = (await packagedFiles(split, options)) ?? (await fetched(set, published, split, settings));
  return split.open(paths, options, name);
}

function fetched(
  set: string,
  { url }: Published,
  { files }: Split,
  settings: FetchSettings,
): Promise<string[]> {
  // A mirror is a copy of the cache.
  const base = settings.mirror === undefined ? url : `${settings.mirror}/${set}/`;
  const remote = files.map((file) => ({ ...file, path: file.name, url: base + file.name }));
  return cachedFiles(join(settings.cache, set), remote, settings);
}

/** Undefined if the package is not there, or not as it is known. */
async function packagedFiles(
  { packaged }: Split,
  { onWarning }: PublishedOptions,
): Promise<string[] | undefined> {
  if (packaged === undefined) return undefined;
  const paths = packaged.files.map((file) => join(packaged.folder, file.name));
  if (!(await Promise.all(paths.map(isThere))).every(Boolean)) return undefined;
  try {
    for (const [i, file] of packaged.files.entries()) await checkFile(paths[i]!, file);
    return paths;
  } catch (error) {
    if (!(error instanceof NextpixelError)) throw error;
    onWarning?.(`${error.message}; it is left alone`);
    return undefined;
  }
}

/** The data sets of the catalog. */
export const published: Format = {
  help: [...CATALOG.keys()].join(", ") + " (downloaded once)",
  canResize: false,
  recognises: (name) => publishedDataset(name) !== undefined,
  open: (name, options) => openPublished(publishedDataset(name)!, options, fetchSettings(options.download)),
};

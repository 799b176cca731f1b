import { join } from "node:path";
import { NextpixelError } from "../../basics/errors.ts";
import { cachedFiles } from "../../fetch/cached-files.ts";
import { checkFile } from "../../fetch/download.ts";
import { fetchSettings, type FetchSettings } from "../../fetch/settings.ts";
import type { Dataset } from "../dataset.ts";
import type { Format } from "../formats/format.ts";
import { CATALOG, setOf, type Published, type PublishedOptions } from "./catalog.ts";

/**
 * What the catalog has under a name. Undefined if it has nothing of that kind.
 *
 * @throws NOT_FOUND if it has other splits of this data set only.
 */
export function publishedDataset(name: string): Published | undefined {
  const found = CATALOG.get(name);
  const others = [...CATALOG.keys()].filter((one) => setOf(one) === setOf(name));
  if (found !== undefined || others.length === 0 || name.split(":").length > 2) return found;
  throw new NextpixelError("NOT_FOUND", `no data set "${name}": expected ${others.join(" or ")}`);
}

/**
 * The pictures of a published data set: from where a package of the system has put them, else from the cache, to which
 * missing files are downloaded. All files are checked by their SHA-256.
 *
 * @throws the errors of `cachedFiles` and of the files' format.
 */
export async function openPublished(
  one: Published,
  options: PublishedOptions,
  settings: FetchSettings,
): Promise<Dataset> {
  const set = setOf(one.name);
  // A mirror is a copy of the cache.
  const base = settings.mirror === undefined ? one.url : `${settings.mirror}/${set}/`;
  const remote = one.files.map((file) => ({ ...file, path: file.name, url: base + file.name }));
  const paths =
    (await packagedFiles(one, options)) ?? (await cachedFiles(join(settings.cache, set), remote, settings));
  return one.open(paths, options, one.name);
}

/** Undefined if the package is not there, or not as it is known. */
async function packagedFiles(
  { packaged }: Published,
  { onWarning }: PublishedOptions,
): Promise<string[] | undefined> {
  if (packaged === undefined) return undefined;
  const { folder, files } = packaged;
  try {
    for (const file of files) await checkFile(join(folder, file.name), file);
    return files.map(({ name }) => join(folder, name));
  } catch (error) {
    if (!(error instanceof NextpixelError)) throw error;
    if (error.code !== "NOT_FOUND") onWarning?.(`${error.message}; it is not used`);
    return undefined;
  }
}

/** The data sets of the catalog. */
export const published: Format = {
  help: `${[...new Set([...CATALOG.keys()].map(setOf))].join(", ")} (downloaded once; with :test their test pictures)`,
  canResize: false,
  recognises: (name) => publishedDataset(name) !== undefined,
  open: (name, options) => openPublished(publishedDataset(name)!, options, fetchSettings(options.download)),
};

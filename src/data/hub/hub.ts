import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expected } from "../../basics/errors.ts";
import { advising, cachedFiles } from "../../fetch/download.ts";
import { complete } from "../../fetch/in-progress.ts";
import { fetchSettings } from "../../fetch/settings.ts";
import { isThere, readBounded } from "../../files/bounded-read.ts";
import { parseJson } from "../../files/json.ts";
import type { Dataset } from "../dataset.ts";
import { openFolder } from "../formats/folder.ts";
import type { Format, OpenOptions } from "../formats/format.ts";
import { CLASS_NAMES, unpackApart } from "../parquet/unpack.ts";
import { hubListing, hubName } from "./listing.ts";

/** Bounds on the files of a split together, 64 GiB, and on the file of the classes' names. */
const MAX_BYTES = 2 ** 36;
const MAX_NAMES_BYTES = 2 ** 25;

/**
 * The pictures of a split of a data set on the Hub. The first time, its Parquet files are listed, downloaded and
 * checked, and the pictures in them, as they are, put into a folder of the cache. This folder is what is kept, so that
 * a name means the same pictures tomorrow.
 *
 * @throws ARGUMENT if it is too large; FORMAT if there are no pictures in it; the errors of `hubListing`, `complete`,
 * `cachedFiles` and `openFolder`.
 */
async function openHub(name: string, options: OpenOptions): Promise<Dataset> {
  const settings = fetchSettings(options.download);
  const { repository, config = "default", split } = hubName(name)!;
  const place = join(repository, config, split);
  const downloads = join(settings.cache, "hf", place);
  const folder = join(settings.cache, "hf-unpacked", place);
  if (!(await isThere(folder))) {
    const advice = `where there is no network, copy ${folder} from a machine that has one`;
    await complete(folder, settings, async (part) => {
      const files = await hubListing(name, settings);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      if (bytes > MAX_BYTES) throw expected("ARGUMENT", `at most ${MAX_BYTES} bytes`, `"${name}"`, bytes);
      const onProgress = (pictures: number, of: number) =>
        settings.onEvent({ kind: "unpack", file: folder, pictures, of });
      await unpackApart(await cachedFiles(downloads, files, settings), part, onProgress);
    }).catch(advising(advice, "DOWNLOAD"));
    await rm(downloads, { recursive: true, force: true });
  }
  const dataset = await openFolder(folder, options, name);
  const file = join(folder, CLASS_NAMES);
  const names = parseJson(await readBounded(file, MAX_NAMES_BYTES), file) as Record<string, string>;
  return { ...dataset, classNames: dataset.classNames?.map((own) => names[own]!) };
}

/** Data sets on the Hugging Face Hub. */
export const hub: Format = {
  help: "hf:owner/name (downloaded once)",
  canResize: true,
  recognises: (name) => hubName(name) !== undefined,
  open: openHub,
};

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expected } from "../../basics/errors.ts";
import { advising, cachedFiles } from "../../fetch/cached-files.ts";
import { complete } from "../../fetch/in-progress.ts";
import { fetchSettings } from "../../fetch/settings.ts";
import { isThere } from "../../files/bounded-read.ts";
import type { Dataset } from "../dataset.ts";
import { openFolder } from "../formats/folder.ts";
import type { Format, OpenOptions } from "../formats/format.ts";
import { readClassNames } from "../parquet/class-folders.ts";
import { unpackApart } from "../parquet/unpack.ts";
import { authorization, hubListing } from "./listing.ts";
import { hubName } from "./name.ts";

/** Bound on the files of a split together: 64 GiB. */
const MAX_BYTES = 2 ** 36;

/**
 * The pictures of a split of a data set on the Hub. Its Parquet files are listed once, downloaded and checked, and the
 * pictures in them, as they are, put into a folder of the cache.
 *
 * @throws ARGUMENT if it is too large; FORMAT if there are no pictures in it; the errors of `hubListing`, `cachedFiles`
 * and `openFolder`.
 */
async function openHub(name: string, options: OpenOptions): Promise<Dataset> {
  const settings = fetchSettings(options.download);
  const wanted = hubName(name)!;
  const place = join(wanted.repository, wanted.config ?? "default", wanted.split);
  const cached = join(settings.cache, "hf", place);
  const advice = `where there is no network, copy ${cached} from a machine that has one`;
  const files = await hubListing(name, wanted, cached, settings).catch(advising(advice, "DOWNLOAD"));
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > MAX_BYTES) throw expected("ARGUMENT", `at most ${MAX_BYTES} bytes`, `"${name}"`, bytes);
  const hash = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
  const folder = join(settings.cache, "hf-pictures", place, hash);
  if (!(await isThere(folder))) {
    const headers = authorization(settings);
    const remote = files.map((file) => ({ ...file, headers }));
    const paths = await cachedFiles(cached, remote, settings);
    const onProgress = (pictures: number, of: number) =>
      settings.onEvent({ kind: "unpack", file: folder, pictures, of });
    await complete(folder, "unpacking", settings, async (part) => {
      await mkdir(part);
      await unpackApart(paths, part, { onProgress });
    });
  }
  const dataset = await openFolder(folder, options, name);
  return { ...dataset, classNames: dataset.classNames && (await readClassNames(folder, dataset.classNames)) };
}

/** Data sets on the Hugging Face Hub. */
export const hub: Format = {
  help: "hf:owner/name (downloaded once)",
  canResize: true,
  recognises: (name) => hubName(name) !== undefined,
  open: openHub,
};

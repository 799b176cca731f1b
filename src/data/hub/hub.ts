import { createHash } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expected, NextpixelError } from "../../basics/errors.ts";
import { cachedFiles, withAdvice } from "../../fetch/cached-files.ts";
import { complete } from "../../fetch/in-progress.ts";
import { fetchSettings, type FetchSettings } from "../../fetch/settings.ts";
import { isThere } from "../../files/bounded-read.ts";
import type { Dataset } from "../dataset.ts";
import { filesUnder } from "../formats/files-under.ts";
import { openFolder } from "../formats/folder.ts";
import type { Format, OpenOptions } from "../formats/format.ts";
import { readClassNames } from "../parquet/class-folders.ts";
import { unpackApart } from "../parquet/unpack.ts";
import { authorization, hubListing } from "./listing.ts";
import { hubName, type HubName } from "./name.ts";

/** Bound on the files of a split together: 64 GiB. */
const MAX_BYTES = 2 ** 36;

interface HubFiles {
  /** Changes with their content. */
  readonly identity: unknown;
  /** Where they are, once they are here. */
  fetch(): Promise<string[]>;
}

/**
 * The pictures of a split of a data set on the Hub. Its Parquet files are listed once, downloaded and checked, and the pictures in
 * them, as they are, put into a folder of the cache. Where the Hub cannot be asked, files that were put into the cache by hand are
 * used.
 *
 * @throws ARGUMENT if it is too large; FORMAT if there are no pictures in it; the errors of `hubListing`, `cachedFiles` and `openFolder`.
 */
async function openHub(name: string, options: OpenOptions): Promise<Dataset> {
  const settings = fetchSettings(options.download);
  const wanted = hubName(name)!;
  const place = join(wanted.repository, wanted.config ?? "default", wanted.split);
  const { identity, fetch } = await hubFiles(name, wanted, join(settings.cache, "hf", place), settings).catch(
    (error: unknown) => filesByHand(name, join(settings.cache, "hf", place), error, options),
  );
  const hash = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
  const folder = join(settings.cache, "hf-pictures", place, hash);
  if (!(await isThere(folder))) await unpackOnce(await fetch(), folder, settings);
  const dataset = await openFolder(folder, options, name);
  return { ...dataset, classNames: dataset.classNames && (await readClassNames(folder, dataset.classNames)) };
}

async function hubFiles(
  name: string,
  wanted: HubName,
  folder: string,
  settings: FetchSettings,
): Promise<HubFiles> {
  const files = await hubListing(name, wanted, folder, settings);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > MAX_BYTES) throw expected("ARGUMENT", `at most ${MAX_BYTES} bytes`, `"${name}"`, bytes);
  const headers = authorization(settings);
  const remote = files.map(({ sha256, ...file }) => ({ ...file, sha256, headers }));
  return { identity: files, fetch: () => cachedFiles(folder, remote, settings) };
}

/** Files that somebody has put into the folder, if the Hub cannot be asked what they should be. */
async function filesByHand(
  name: string,
  folder: string,
  fault: unknown,
  { onWarning }: OpenOptions,
): Promise<HubFiles> {
  if (!(fault instanceof NextpixelError) || fault.code !== "DOWNLOAD") throw fault;
  const there = (await isThere(folder)) ? await filesUnder(folder) : [];
  const paths = there.filter((path) => path.endsWith(".parquet")).map((path) => join(folder, path));
  if (paths.length === 0) {
    throw withAdvice(
      fault,
      `where there is no network, put the Parquet files of "${name}" into ${folder} by hand`,
    );
  }
  onWarning?.(`${fault.message}; the Parquet files in ${folder} are used without a check`);
  const identity = await Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return { path, size, mtimeMs };
    }),
  );
  return { identity, fetch: async () => paths };
}

/** Has `folder` hold all pictures, or not be there. */
async function unpackOnce(files: readonly string[], folder: string, settings: FetchSettings): Promise<void> {
  const onProgress = (pictures: number, of: number) =>
    settings.onEvent({ kind: "unpack", file: folder, pictures, of });
  try {
    await complete(folder, { ending: "unpacking", canResume: false }, async (part) => {
      await mkdir(part);
      await unpackApart(files, part, { onProgress });
    });
  } catch (cause) {
    // Another process may have been faster.
    if (!(await isThere(folder))) throw cause;
  } finally {
    settings.onEvent({ kind: "end", file: folder });
  }
}

/** Data sets on the Hugging Face Hub. */
export const hub: Format = {
  help: "hf:owner/name (downloaded once)",
  canResize: true,
  recognises: (name) => hubName(name) !== undefined,
  open: openHub,
};

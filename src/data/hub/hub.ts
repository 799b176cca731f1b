import { createHash } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expected, NextpixelError } from "../../basics/errors.ts";
import { cachedFiles, type CachedFile } from "../../fetch/cached-files.ts";
import { fetchSettings, type FetchSettings } from "../../fetch/settings.ts";
import { claim, release, unfinished } from "../../fetch/unfinished.ts";
import { isThere } from "../../files/bounded-read.ts";
import { isSystemError, writeError } from "../../files/system-error.ts";
import { filesUnder } from "../formats/files-under.ts";
import { openFolder } from "../formats/folder.ts";
import type { Format } from "../formats/format.ts";
import { hubListing } from "./listing.ts";
import { hubName, splitFiles, type HubName } from "./name.ts";
import { unpackApart } from "../parquet/unpack.ts";

/** Bound on the files of a split together: 64 GiB. */
const MAX_BYTES = 2 ** 36;

interface HubFiles {
  /** Changes with their content. */
  readonly identity: unknown;
  /** Where they are, once they are here. */
  fetch(): Promise<string[]>;
}

/**
 * The pictures of a split of a data set on the Hub, in a folder of the cache as `openFolder` takes it: its Parquet files are
 * downloaded and checked, and the pictures in them, as they are, put into files. NOT_FOUND error if there is no such data set or
 * split, ARGUMENT error if it is too large, FORMAT error if there are no pictures in it; errors as of `cachedFiles`.
 */
export async function hubPictures(
  name: string,
  hub: HubName,
  settings: FetchSettings,
  onWarning: (message: string) => void = () => undefined,
): Promise<string> {
  const repository = `${hub.owner}/${hub.repository}`;
  const folder = join(settings.cache, "hf", repository);
  const { identity, fetch } = await hubFiles(name, hub, repository, folder, settings).catch(
    (error: unknown) => {
      if (!(error instanceof NextpixelError) || error.code !== "DOWNLOAD") throw error;
      return filesByHand(name, hub, folder, error, onWarning);
    },
  );
  const hash = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
  const unpacked = join(
    settings.cache,
    "hf-pictures",
    repository,
    `${hub.config ?? "default"}-${hub.split}-${hash}`,
  );
  if (!(await isThere(unpacked))) await unpackOnce(await fetch(), unpacked, settings);
  return unpacked;
}

async function hubFiles(
  name: string,
  hub: HubName,
  repository: string,
  folder: string,
  settings: FetchSettings,
): Promise<HubFiles> {
  const { commit, files } = await hubListing(repository, folder, settings);
  const paths = files.map(({ path }) => path);
  const wanted = new Set(splitFiles(name, hub, paths));
  const known = files.filter(({ path }) => wanted.has(path));
  const bytes = known.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > MAX_BYTES) throw expected("ARGUMENT", `at most ${MAX_BYTES} bytes`, `"${name}"`, bytes);
  const base = `${settings.hub}/datasets/${repository}/resolve/${commit}/`;
  const headers = settings.hubToken === undefined ? {} : { authorization: `Bearer ${settings.hubToken}` };
  const remote = known.map((file): CachedFile => {
    const url = base + file.path.split("/").map(encodeURIComponent).join("/");
    return { ...file, sha256: file.sha256, url, headers };
  });
  return { identity: known, fetch: () => cachedFiles(folder, remote, settings) };
}

/** Files that somebody has put into the folder, while the Hub cannot be asked what they should be. */
async function filesByHand(
  name: string,
  hub: HubName,
  folder: string,
  fault: NextpixelError,
  onWarning: (message: string) => void,
): Promise<HubFiles> {
  const there = (await isThere(folder)) ? await filesUnder(folder) : [];
  const parquet = there.filter((path) => path.endsWith(".parquet"));
  if (parquet.length === 0) {
    throw new NextpixelError(
      fault.code,
      `${fault.message}; where there is no network, put the Parquet files of "${name}", under the names that they have there, into ${folder} by hand`,
      { cause: fault },
    );
  }
  const paths = splitFiles(name, hub, parquet).map((path) => join(folder, path));
  const identity = await Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return { path, size, mtimeMs };
    }),
  );
  onWarning(`${fault.message}; what is in ${folder} is taken unchecked`);
  return { identity, fetch: async () => paths };
}

/** How the names of folders end into which pictures are being unpacked. */
const UNPACKING = "unpacking";

/** Has `folder` hold all pictures, or not be there. */
async function unpackOnce(files: readonly string[], folder: string, settings: FetchSettings): Promise<void> {
  const temporary = claim(folder, UNPACKING);
  try {
    await mkdir(join(folder, ".."), { recursive: true });
    for (const { path, isAbandoned } of await unfinished(folder, UNPACKING)) {
      if (isAbandoned) await rm(path, { recursive: true, force: true });
    }
    await mkdir(temporary);
    await unpackApart(files, temporary, {
      onProgress: (pictures, of) => settings.onEvent({ kind: "unpack", file: folder, pictures, of }),
    });
    await rename(temporary, folder);
  } catch (cause) {
    // The first failure is the one to report.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    // Another process has been faster.
    if (await isThere(folder)) return;
    throw isSystemError(cause) ? writeError(folder, cause) : cause;
  } finally {
    release(temporary);
    settings.onEvent({ kind: "end", file: folder });
  }
}

/** Data sets on the Hugging Face Hub. */
export const hub: Format = {
  help: "hf:owner/name (downloaded once)",
  canResize: true,
  recognises: (name) => hubName(name) !== undefined,
  async open(name, options) {
    const pictures = await hubPictures(
      name,
      hubName(name)!,
      fetchSettings(options.download),
      options.onWarning,
    );
    return openFolder(pictures, options, name);
  },
};

import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { expected } from "../basics/errors.ts";
import { fetchSettings, type FetchOptions } from "../fetch/settings.ts";
import { readBounded } from "../files/bounded-read.ts";
import { readError } from "../files/system-error.ts";
import { hubModel } from "../hub/names.ts";
import { pushFiles, type Pushed, type PushOptions } from "../hub/push.ts";
import { isPacked } from "../run/run-folder.ts";
import { packedFiles, type PackOptions } from "./pack.ts";

export type { Pushed };

const MAX_FILE_BYTES = 2 ** 31 - 1;

/**
 * Publishes a run on the Hugging Face Hub, under `owner/name`: packed, see `packedFiles`. A folder that is packed
 * already is published as it is, with whatever else was put into it, but for names that begin with a dot.
 *
 * @throws ARGUMENT if the run is on the Hub, or a licence or other weights are asked for of a packed model; as `packedFiles` and
 * `pushFiles`
 */
export async function push(
  run: string,
  repository: string,
  options: PackOptions & PushOptions = {},
  download?: FetchOptions,
): Promise<Pushed> {
  const settings = fetchSettings(download);
  if (hubModel(run)) throw expected("ARGUMENT", "a run on this machine", "the run to push", run);
  return pushFiles(repository, await filesToPush(run, repository, options), options, settings);
}

async function filesToPush(
  run: string,
  repository: string,
  options: PackOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (!(await isPacked(run))) {
    const [, name] = repository.split("/");
    return packedFiles(run, { name: name ?? repository, source: `hf:${repository}` }, options);
  }
  const { license, checkpoint = "best" } = options;
  if (license !== undefined)
    throw expected("ARGUMENT", "the license in its README.md", "a packed model", license, "license");
  if (checkpoint !== "best")
    throw expected("ARGUMENT", "best, its only weights,", "a packed model", checkpoint, "checkpoint");
  return filesIn(run);
}

/** The files below a folder by their paths there, with `/`. */
async function filesIn(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw readError(folder, cause);
  });
  const files = new Map<string, Uint8Array>();
  for (const entry of entries.filter((one) => !one.isDirectory())) {
    const path = join(entry.parentPath, entry.name);
    const parts = relative(folder, path).split(sep);
    if (!parts.some((part) => part.startsWith(".")))
      files.set(parts.join("/"), await readBounded(path, MAX_FILE_BYTES));
  }
  return files;
}

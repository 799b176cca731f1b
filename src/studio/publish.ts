import { copyFile, readdir, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { NextpixelError } from "../basics/errors.ts";
import { capability, familyOf } from "../families/by-name.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { checkFolderName } from "../files/folder-name.ts";
import { makeFolder } from "../files/make-folder.ts";
import { unlessMissing, writeError } from "../files/system-error.ts";
import type { NetworkConfig } from "../programs/network.ts";
import { checkObservable } from "../programs/observer.ts";
import { encodeCheckpoint } from "../run/checkpoint.ts";
import { loadSavedModel, type SavedModel } from "../run/saved-model.ts";
import { toWeights } from "../run/training-state.ts";
import {
  CONFIG_FILE,
  RUNS_FILE,
  RUNS_FOLDER,
  WEIGHTS_FILE,
  type PublishedConfig,
  type PublishedRun,
} from "./site.ts";

// The page is bundled into dist/; if this file is run from source, by tests, it is that of the last build.
export const PAGE = import.meta.url.endsWith(".ts")
  ? join(import.meta.dirname, "../../dist/studio/page")
  : join(import.meta.dirname, "page");

export interface Published {
  readonly site: string;
  readonly runs: readonly PublishedRun[];
  readonly files: number;
  /** Of all files, and of those that are not weights. */
  readonly bytes: number;
  readonly bytesWithoutWeights: number;
}

/**
 * Writes the page and what it needs of runs (their averaged weights, and their networks) into a folder that any static
 * host can serve. A site that is there is replaced, and nothing else.
 *
 * @throws EXISTS if the folder holds anything but a site; ARGUMENT if a model cannot draw in a browser; NOT_FOUND,
 * FORMAT, WRITE
 */
export async function publish(runs: readonly string[], site: string): Promise<Published> {
  await checkFolderName(site, "the site", "the name of a folder");
  const models: SavedModel[] = [];
  for (const run of runs) models.push(await publishable(run));
  const page = await readdir(PAGE);
  const old = await writing(site, oldRuns(site, page));

  await writing(site, makeFolder(join(site, RUNS_FOLDER)));
  // First the list and last the list, so that a site that lists its runs is complete.
  for (const name of [RUNS_FILE, ...old]) {
    await writing(site, rm(join(site, name), { recursive: true, force: true }));
  }
  const names = foldersOf(runs);
  const published: PublishedRun[] = [];
  let bytesWithoutWeights = 0;
  for (const [i, model] of models.entries()) {
    const run = await writeRun(site, names[i]!, model);
    published.push(run.published);
    bytesWithoutWeights += run.configBytes;
  }
  for (const file of page) {
    await writing(site, copyFile(join(PAGE, file), join(site, file)));
    bytesWithoutWeights += (await stat(join(PAGE, file))).size;
  }
  const list = `${JSON.stringify(published)}\n`;
  await writeAtomically(join(site, RUNS_FILE), list);
  bytesWithoutWeights += Buffer.byteLength(list);
  const bytes = published.reduce((total, run) => total + (run.bytes ?? 0), bytesWithoutWeights);
  return { site, runs: published, files: page.length + 1 + 2 * published.length, bytes, bytesWithoutWeights };
}

/** The model of a run, if it can draw in a browser. @throws as `publish`, naming the run */
export async function publishable(run: string): Promise<SavedModel> {
  const model = await loadSavedModel(run);
  try {
    capability(model.config.model, "observe");
    checkObservable(model.config);
  } catch (cause) {
    if (!(cause instanceof NextpixelError)) throw cause;
    throw new NextpixelError(cause.code, `${run} cannot be published: ${cause.message}`, { cause });
  }
  return model;
}

/** What the page reads of a run: its `PublishedConfig`, and its weights. */
export const configFile = (network: NetworkConfig): string =>
  `${JSON.stringify({ format: 2, family: familyOf(network.model).name, network } satisfies PublishedConfig)}\n`;

export function weightsFile({ config: network, weights, step }: SavedModel): Uint8Array {
  const { parts } = familyOf(network.model).evaluation(network, 1);
  return encodeCheckpoint(toWeights(step, weights, parts));
}

/** Writes what the page needs of a run. @throws WRITE */
async function writeRun(site: string, folder: string, model: SavedModel) {
  const path = join(site, RUNS_FOLDER, folder);
  await writing(site, makeFolder(path));
  const { config: network, step } = model;
  const config = configFile(network);
  await writeAtomically(join(path, CONFIG_FILE), config);
  const checkpoint = weightsFile(model);
  await writeAtomically(join(path, WEIGHTS_FILE), checkpoint);
  const published: PublishedRun = { folder, model: network.model, step, bytes: checkpoint.length };
  return { published, configBytes: Buffer.byteLength(config) };
}

/** The runs of the site that is in a folder. @throws EXISTS if it holds anything that is not of a site. */
async function oldRuns(site: string, page: readonly string[]): Promise<string[]> {
  const names = (await unlessMissing(readdir(site))) ?? [];
  // A folder may have a folder `runs` that is somebody's work: only a site has a list of its runs.
  const ours = names.includes(RUNS_FILE) ? [...page, RUNS_FILE, RUNS_FOLDER] : [];
  refuseOthers(site, names, ours);
  const runs = ((await unlessMissing(readdir(join(site, RUNS_FOLDER)))) ?? []).map((run) =>
    join(RUNS_FOLDER, run),
  );
  for (const run of runs) {
    refuseOthers(site, await readdir(join(site, run)), [CONFIG_FILE, WEIGHTS_FILE], run);
  }
  return runs;
}

function refuseOthers(site: string, names: readonly string[], ours: readonly string[], below = ""): void {
  const other = names.find((name) => !ours.includes(name));
  if (other === undefined) return;
  throw new NextpixelError(
    "EXISTS",
    `${JSON.stringify(site)} holds other things than a published page, such as ` +
      `${JSON.stringify(join(below, other))}: choose another folder`,
  );
}

/** What runs are called on the site: the names of their folders, which are made different where two are the same. */
function foldersOf(runs: readonly string[]): string[] {
  const taken = new Set<string>();
  return runs.map((run) => {
    const name = basename(resolve(run)) || "run";
    let folder = name;
    // Some file systems do not tell capital letters from small ones.
    for (let i = 2; taken.has(folder.toLowerCase()); i++) folder = `${name}-${i}`;
    taken.add(folder.toLowerCase());
    return folder;
  });
}

/** Waits for the operating system. @throws WRITE with the name of the site */
async function writing<T>(site: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw cause instanceof NextpixelError ? cause : writeError(site, cause);
  }
}

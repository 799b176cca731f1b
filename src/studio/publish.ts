import { readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { NextpixelError } from "../basics/errors.ts";
import { capability, familyOf } from "../families/by-name.ts";
import type { FetchOptions } from "../fetch/settings.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { checkFolderName } from "../files/folder-name.ts";
import { makeFolder } from "../files/make-folder.ts";
import { unlessMissing, writeError } from "../files/system-error.ts";
import { hubModel } from "../hub/names.ts";
import type { NetworkConfig } from "../programs/network.ts";
import { checkObservable } from "../programs/observer.ts";
import { localRun } from "../run/local-run.ts";
import { encodeWeights, loadSavedModel, type SavedModel } from "../run/saved-model.ts";
import { WEB_RUNTIME } from "../runtime/ort-web.ts";
import { publishedFigures } from "./figures.ts";
import {
  CONFIG_FILE,
  DIGITS_FILE,
  DIGITS_FOLDER,
  EXTRAS,
  FIGURES_FILE,
  RUNTIME_FOLDER,
  RUNTIME_WORKER,
  RUNS_FILE,
  RUNS_FOLDER,
  WEIGHTS_FILE,
  type Extra,
  type PublishedConfig,
  type PublishedRun,
} from "./site.ts";
import { webRuntimeFiles } from "./web-runtime.ts";

// The page is bundled into dist/; if this file is run from source, by tests, it is that of the last build.
export const PAGE = import.meta.url.endsWith(".ts")
  ? join(import.meta.dirname, "../../dist/studio/page")
  : join(import.meta.dirname, "page");
export const INDEX = "index.html";

const DIGITS = join(import.meta.dirname, "../../datasets/digits8-train-images-idx3-ubyte.gz");

export interface PublishOptions {
  /** Whether visitors can train a network in the page: needs the package `onnxruntime-web`. */
  readonly train?: boolean | undefined;
  /** The `report.json` of a comparison, whose figures are shown beside runs of the same names. */
  readonly report?: string | undefined;
  /** How models on the Hub are downloaded. */
  readonly download?: FetchOptions | undefined;
}

export interface Published {
  readonly site: string;
  readonly runs: readonly PublishedRun[];
  readonly files: number;
  /** Of all files; of those that every site has, without weights; and of ONNX Runtime and what else training needs. */
  readonly bytes: number;
  readonly bytesWithoutWeights: number;
  readonly bytesOfRuntime: number;
}

/**
 * Writes the page and what it needs of runs (their averaged weights, and their networks) into a folder that any static
 * host can serve. A site that is there is replaced, and nothing else. With runs of VAEs or GANs, or to train, the site
 * has ONNX Runtime too.
 *
 * @throws EXISTS if the folder holds anything but a site; ARGUMENT if a model cannot draw in a browser; NOT_FOUND,
 * FORMAT, WRITE
 */
export async function publish(
  runs: readonly string[],
  site: string,
  { train = false, report, download }: PublishOptions = {},
): Promise<Published> {
  await checkFolderName(site, "the site", "the name of a folder");
  const models: SavedModel[] = [];
  for (const run of runs) models.push(await publishable(await localRun(run, download)));
  const hasFamilies = models.some(({ config }) => !isWatched(config));
  const runtime = train || hasFamilies ? await runtimeFiles() : new Map<string, Uint8Array>();
  if (train) runtime.set(join(DIGITS_FOLDER, DIGITS_FILE), await trainingPictures());
  const figures = report === undefined ? undefined : await publishedFigures(report);
  const page = await readdir(PAGE);
  const old = await writing(site, oldFiles(site, page));

  await writing(site, makeFolder(join(site, RUNS_FOLDER)));
  // First the list and last the list, so that a site that lists its runs is complete.
  for (const name of [RUNS_FILE, ...old]) {
    await writing(site, rm(join(site, name), { recursive: true, force: true }));
  }
  const names = foldersOf(runs);
  const published: PublishedRun[] = [];
  for (const [i, model] of models.entries()) published.push(await writeRun(site, names[i]!, model));

  const extras: readonly Extra[] = [
    ...(train ? (["train"] as const) : []),
    ...(hasFamilies ? (["families"] as const) : []),
    ...(figures ? (["figures"] as const) : []),
  ];
  const files = new Map<string, Uint8Array | string>();
  for (const file of page.filter((name) => name !== RUNTIME_WORKER)) {
    files.set(file, await readFile(join(PAGE, file)));
  }
  files.set(INDEX, withExtras(String(files.get(INDEX)), extras));
  for (const [file, content] of runtime) files.set(file, content);
  if (figures) files.set(FIGURES_FILE, `${JSON.stringify(figures)}\n`);
  files.set(RUNS_FILE, `${JSON.stringify(published)}\n`);
  for (const [file, content] of files) {
    await writing(site, makeFolder(dirname(join(site, file))));
    await writeAtomically(join(site, file), content);
  }

  const sizeOf = (content: Uint8Array | string) => Buffer.byteLength(content);
  const bytesOfRuntime = [...runtime.values()].reduce((total, content) => total + sizeOf(content), 0);
  const ofRuns = models.map(({ config }) => sizeOf(configFile(config)));
  const ofFiles = [...files.values()].reduce((total, content) => total + sizeOf(content), -bytesOfRuntime);
  const bytesWithoutWeights = ofRuns.reduce((total, size) => total + size, ofFiles);
  const ofWeights = published.reduce((total, run) => total + (run.bytes ?? 0), 0);
  return {
    site,
    runs: published,
    files: files.size + 2 * published.length,
    bytes: bytesWithoutWeights + ofWeights + bytesOfRuntime,
    bytesWithoutWeights,
    bytesOfRuntime,
  };
}

/** ONNX Runtime, and the worker that uses it, by their paths in a site. @throws NOT_FOUND */
export async function runtimeFiles(): Promise<Map<string, Uint8Array>> {
  const files = [...(await webRuntimeFiles())].map(
    ([name, content]) => [join(RUNTIME_FOLDER, name), content] as const,
  );
  return new Map([...files, [RUNTIME_WORKER, await readFile(join(PAGE, RUNTIME_WORKER))]]);
}

/** The built-in data set that pages train on. */
export const trainingPictures = (): Promise<Uint8Array> => readFile(DIGITS);

/** Whether a model can be watched while it draws; others draw whole pictures at once. */
export const isWatched = (network: NetworkConfig): boolean => familyOf(network).can.observe !== undefined;

/** The page, which says what the site has beside what every site has. */
export const withExtras = (html: string, extras: readonly Extra[]): string =>
  html.replace(`name="${EXTRAS}" content=""`, `name="${EXTRAS}" content="${extras.join(" ")}"`);

/** @throws ARGUMENT if a model can neither be watched nor go from one picture to another, NOT_FOUND */
export function checkPublishable(network: NetworkConfig): void {
  if (isWatched(network)) checkObservable(network);
  else capability(network, "interpolate");
}

/** The model of a run, if it can draw in a browser. @throws as `publish`, naming the run */
export async function publishable(run: string): Promise<SavedModel> {
  const model = await loadSavedModel(run);
  try {
    checkPublishable(model.config);
  } catch (cause) {
    if (!(cause instanceof NextpixelError)) throw cause;
    throw new NextpixelError(cause.code, `${run} cannot be published: ${cause.message}`, { cause });
  }
  return model;
}

/** What the page reads of a run beside its weights: its `PublishedConfig`. */
export const configFile = (network: NetworkConfig): string =>
  `${JSON.stringify({ format: 2, family: familyOf(network).name, network } satisfies PublishedConfig)}\n`;

/** Writes what the page needs of a run. @throws WRITE */
async function writeRun(site: string, folder: string, model: SavedModel): Promise<PublishedRun> {
  const path = join(site, RUNS_FOLDER, folder);
  await writing(site, makeFolder(path));
  const { config: network, step } = model;
  const config = configFile(network);
  await writeAtomically(join(path, CONFIG_FILE), config);
  const checkpoint = encodeWeights(model);
  await writeAtomically(join(path, WEIGHTS_FILE), checkpoint);
  const { name: family } = familyOf(network);
  return { folder, model: network.model, family, step, bytes: checkpoint.length };
}

/**
 * What is to be removed of the site that is in a folder: its runs and its extras.
 * @throws EXISTS if it holds anything that is not of a site.
 */
async function oldFiles(site: string, page: readonly string[]): Promise<string[]> {
  const names = (await unlessMissing(readdir(site))) ?? [];
  const extras = [RUNTIME_FOLDER, DIGITS_FOLDER, FIGURES_FILE];
  // A folder may have a folder `runs` that is somebody's work: only a site has a list of its runs.
  const isSite = names.includes(RUNS_FILE);
  // The page of another version has other shared files.
  const shared = isSite ? names.filter((name) => /^shared-[A-Z\d]{8}\.js$/.test(name)) : [];
  const ours = isSite ? [...page, ...shared, RUNS_FILE, RUNS_FOLDER, ...extras] : [];
  refuseOthers(site, names, ours);
  const inside = async (folder: string) => (await unlessMissing(readdir(join(site, folder)))) ?? [];
  const runs = (await inside(RUNS_FOLDER)).map((run) => join(RUNS_FOLDER, run));
  for (const run of runs) refuseOthers(site, await inside(run), [CONFIG_FILE, WEIGHTS_FILE], run);
  refuseOthers(site, await inside(RUNTIME_FOLDER), Object.values(WEB_RUNTIME), RUNTIME_FOLDER);
  refuseOthers(site, await inside(DIGITS_FOLDER), [DIGITS_FILE], DIGITS_FOLDER);
  return [...runs, ...shared, ...extras];
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
    const name = hubModel(run)?.name ?? (basename(resolve(run)) || "run");
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

import { basename, resolve } from "node:path";
import { expected, NextpixelError } from "../basics/errors.ts";
import { capability } from "../families/by-name.ts";
import type { FetchOptions } from "../fetch/settings.ts";
import { hubModel } from "../hub/names.ts";
import { readRunConfig, type RunConfig } from "../run/config.ts";
import { localRun } from "../run/local-run.ts";
import { loadSavedModel, type SavedModel } from "../run/saved-model.ts";

/** A run that is compared. */
export interface ComparedRun {
  /** The name of its folder or, on the Hub, its own; the whole path if several have the same. */
  readonly name: string;
  readonly folder: string;
  readonly config: RunConfig;
  readonly model: SavedModel;
}

/**
 * Opens runs that are to be compared, with their best weights.
 *
 * @throws NOT_FOUND, FORMAT as `loadSavedModel`; ARGUMENT if there is none or one is named twice, if a model cannot
 * draw, or if they were not trained on the same pictures
 */
export async function openRuns(given: readonly string[], download?: FetchOptions): Promise<ComparedRun[]> {
  if (given.length === 0) throw expected("ARGUMENT", "at least one run", "the runs to compare", "none");
  const folders: string[] = [];
  for (const run of given) folders.push(await localRun(run, download));
  const paths = folders.map((folder) => resolve(folder));
  const twice = given.find((_, i) => paths.indexOf(paths[i]!) !== i);
  if (twice !== undefined) throw expected("ARGUMENT", "each run once", "the runs to compare", twice);
  const names = given.map((run, i) => hubModel(run)?.name ?? basename(paths[i]!));
  const runs: ComparedRun[] = [];
  for (const [i, folder] of folders.entries()) {
    const config = await readRunConfig(folder);
    const model = await loadSavedModel(folder);
    capability(config.network, "sample");
    const isAlone = names.filter((name) => name === names[i]).length === 1;
    runs.push({ name: isAlone ? names[i]! : given[i]!, folder, config, model });
  }
  for (const run of runs) checkSamePictures(runs[0]!, run);
  return runs;
}

/** What says which pictures a run was trained on, and which it was not. */
const picturesOf = ({ data, network, training }: RunConfig): Readonly<Record<string, unknown>> => ({
  "data set": data.train,
  "picture size": network.size,
  levels: network.levels,
  limit: data.limit,
  stack: data.stack,
  gray: data.gray,
  resize: data.resize,
  crop: data.crop,
  frames: data.frames,
  white: data.white,
  layout: data.layout,
  validation: data.valid,
  // The seed chooses what is held out.
  ...(typeof data.valid === "number" && { "seed, which chooses the pictures to hold out": training.seed }),
});

function checkSamePictures(first: ComparedRun, run: ComparedRun): void {
  const [wanted, received] = [first, run].map(({ config }) => picturesOf(config)) as [
    ReturnType<typeof picturesOf>,
    ReturnType<typeof picturesOf>,
  ];
  for (const [what, value] of Object.entries(wanted)) {
    const [own, other] = [value, received[what]].map((one) => JSON.stringify(one) ?? "none");
    if (own === other) continue;
    throw new NextpixelError(
      "ARGUMENT",
      `expected runs on the same pictures, received ${first.folder} with ${what} ${own} and ${run.folder} with ${other}`,
    );
  }
}

import { join } from "node:path";
import { NextpixelError } from "../basics/errors.ts";
import { familyOf } from "../families/by-name.ts";
import { bestFigureOf } from "../programs/trainable.ts";
import { bestValueIn } from "../run/best-weights.ts";
import { bestCheckpoint, hasCheckpoint, readCheckpoint } from "../run/checkpoints.ts";
import { readRunConfig } from "../run/config.ts";
import { isRun } from "../run/run-folder.ts";
import { loadSavedModel, type SavedModel } from "../run/saved-model.ts";
import { requestOf } from "../train/config-of-request.ts";
import type { TrainRequest } from "../train/request.ts";
import { resumeAsked, train, type TrainOptions } from "../train/train.ts";
import { drawPictures } from "./draw.ts";
import { covered, expectedCovered, histogram } from "./histogram.ts";
import { throwIfAborted } from "./interruption.ts";
import type { Judged } from "./judge.ts";
import type { SeedOutcome } from "./report.ts";
import { coverageOf } from "./row.ts";
import type { ComparedRun } from "./runs.ts";
import type { Yardstick } from "./yardstick.ts";

export interface SeedOptions {
  /** Folder of the report, below which the runs are kept. */
  readonly out: string;
  readonly samples: number;
  /** Of what is drawn. */
  readonly seed: number;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Needed if the runs were trained on a `Dataset` and not on a data set with a name. */
  readonly pictures?: Partial<Pick<TrainRequest, "dataset" | "valid">> | undefined;
  /** Called after each step of training. */
  readonly onStep?: ((step: number, steps: number) => void) | undefined;
}

/** The folder in which a recipe with another seed is trained. */
export const seedFolder = (out: string, run: string, seed: number): string =>
  join(out, "seeds", `${run}-seed-${seed}`);

/**
 * Trains the recipe of a run with so many other seeds, those after its own, and says how it went; the run itself comes
 * first. A training that is finished already is used as it is, and one that was interrupted goes on.
 *
 * @throws as `train`, but DIVERGED; ARGUMENT if a folder holds a run of another recipe; INTERRUPTED
 */
export async function trainSeeds(
  run: ComparedRun,
  others: number,
  yardstick: Yardstick,
  options: SeedOptions,
): Promise<SeedWithCoverage[]> {
  const { seed } = run.config.training;
  const outcomes = [await outcomeOf(run, seed, run.folder, run.model, yardstick, options)];
  for (let other = seed + 1; other <= seed + others; other++) {
    throwIfAborted(options.signal);
    const folder = seedFolder(options.out, run.name.replaceAll(/[/\\]/g, "-"), other);
    const isTrained = await trainWith(run, other, folder, options);
    outcomes.push(
      isTrained
        ? await outcomeOf(run, other, folder, await loadSavedModel(folder), yardstick, options)
        : { outcome: { run: run.name, seed: other, outcome: "diverged", figure: null }, coverage: undefined },
    );
  }
  return outcomes;
}

/** Trains, goes on, or finds that it is done. False if it diverged. */
async function trainWith(
  { config, folder: original }: ComparedRun,
  seed: number,
  folder: string,
  { pictures, threads, signal, onStep }: SeedOptions,
): Promise<boolean> {
  const request = { ...requestOf(config, original), ...pictures, seed };
  const options: TrainOptions = {
    threads,
    signal,
    onEvent(event) {
      if (event.type === "progress") onStep?.(event.step, config.training.steps);
    },
  };
  try {
    if (!(await isRun(folder))) await train({ ...request, out: folder }, options);
    else if (!(await isFinished(folder))) await resumeAsked(folder, request, options);
  } catch (cause) {
    if (!(cause instanceof NextpixelError && cause.code === "DIVERGED")) throw cause;
    return false;
  }
  return true;
}

async function isFinished(folder: string): Promise<boolean> {
  const { training } = await readRunConfig(folder);
  return (await hasCheckpoint(folder)) && (await readCheckpoint(folder, "last")).step >= training.steps;
}

/** How one training went, and the coverage of what it draws; undefined if it diverged. */
export interface SeedWithCoverage {
  readonly outcome: SeedOutcome;
  readonly coverage: number | undefined;
}

/**
 * Of a model that draws no more than this share of the classes, or covers no more than this, we say that it collapsed.
 */
export const COLLAPSED = { classes: 0.5, coverage: 0.1 } as const;

async function outcomeOf(
  { name, config }: ComparedRun,
  seed: number,
  folder: string,
  model: SavedModel,
  yardstick: Yardstick,
  { samples, seed: drawn, threads, signal }: SeedOptions,
): Promise<SeedWithCoverage> {
  const { pictures } = await drawPictures(model, { count: samples, seed: drawn, threads, signal });
  const { features, classes } = await yardstick.judge.of(pictures);
  const coverage = await coverageOf(yardstick, features);
  const figure = (await validated(folder, config.network)) ?? { label: "coverage", value: coverage };
  const isCollapsed =
    coverage <= COLLAPSED.coverage || shareOfClasses(classes, yardstick.shares) <= COLLAPSED.classes;
  return { outcome: { run: name, seed, outcome: isCollapsed ? "collapsed" : "finished", figure }, coverage };
}

/** The classes that were drawn, as a share of those that so many perfect samples cover; 1 without labels. */
function shareOfClasses(classes: Judged["classes"], shares: Yardstick["shares"]): number {
  if (!classes || !shares) return 1;
  return covered(histogram(classes, shares.length), shares) / expectedCovered(shares, classes.length);
}

/** The figure by which the best checkpoint of a run was chosen, if its family has one. */
async function validated(
  folder: string,
  network: SavedModel["config"],
): Promise<SeedOutcome["figure"] | undefined> {
  const figure = bestFigureOf(familyOf(network).evaluation(network, 1));
  const checkpoint = figure && (await bestCheckpoint(folder));
  return checkpoint && { label: figure.label, value: bestValueIn(checkpoint, figure.name) };
}

/** Standard deviation of the figures of a run's seeds that went well; undefined if fewer than two did. */
export function spreadOf(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

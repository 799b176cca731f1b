import type { Dataset } from "../data/dataset.ts";
import { trainingRecords } from "../run/metrics.ts";
import type { CompareOptions } from "./compare-options.ts";
import { measureDrawingMemory } from "./drawing-memory.ts";
import { drawPictures } from "./draw.ts";
import { throwIfAborted } from "./interruption.ts";
import { likelihoodValues } from "./likelihood.ts";
import type { ComparedRow, ComparedValue } from "./report.ts";
import { measurePictures } from "./row.ts";
import type { ComparedRun } from "./runs.ts";
import { spreadOf, trainSeeds, type SeedWithCoverage } from "./seeds.ts";
import type { Yardstick } from "./yardstick.ts";

export interface RowOptions extends CompareOptions {
  readonly samples: number;
  readonly seed: number;
  readonly seeds: number;
  readonly progress: (what: string) => (done: number) => void;
}

/** The row of a run, and how its recipe went with other seeds. */
export async function runRow(
  run: ComparedRun,
  yardstick: Yardstick,
  heldOut: Dataset,
  { samples, seed, seeds, progress, ...options }: RowOptions,
): Promise<{ readonly row: ComparedRow; readonly trained: readonly SeedWithCoverage[] }> {
  const { name, folder, config, model } = run;
  const { threads, signal, importanceSamples, pictures, out } = options;
  const drawn = await drawPictures(model, {
    count: samples,
    seed,
    threads,
    signal,
    onProgress: progress(`drawing ${name}`),
  });
  progress(`measuring ${name}`)(0);
  const measured = await measurePictures(yardstick, drawn.pictures);
  const likelihood = await likelihoodValues(model, heldOut, {
    threads,
    importanceSamples,
    onProgress: progress(`scoring ${name}`),
    check: () => throwIfAborted(signal),
  });
  const seconds = (await trainingRecords(folder, config.training.batch)).at(-1)?.seconds;
  const memory = await measureDrawingMemory(folder, signal);
  throwIfAborted(signal);
  const trained =
    seeds === 1
      ? []
      : await trainSeeds(run, seeds - 1, yardstick, {
          out: out!,
          samples: yardstick.reference.count,
          seed,
          threads,
          signal,
          pictures,
          onStep: (step, steps) => progress(`training ${name} with other seeds`)(step / steps),
        });
  const values = {
    ...likelihood,
    ...measured.values,
    trainingSeconds: seconds === undefined ? { missing: "not recorded" } : { value: seconds },
    msPerPicture: { value: drawn.msPerPicture },
    memory,
  };
  return {
    row: {
      name,
      kind: "run",
      model: config.network.model,
      family: config.family,
      parameters: Object.values(model.weights).reduce((sum, { length }) => sum + length, 0),
      steps: model.step,
      ...measured,
      values: seeds === 1 ? values : { ...values, ...stability(values, trained) },
    },
    trained,
  };
}

/** What the seeds add to the values of a run: how many went well, and how far those figures differ. */
function stability(
  { nats, coverage }: Readonly<Record<string, ComparedValue>>,
  trained: readonly SeedWithCoverage[],
): Record<string, ComparedValue> {
  const well = trained.filter(({ outcome }) => outcome.outcome === "finished");
  const coverages = well.flatMap((one) => (one.coverage === undefined ? [] : [one.coverage]));
  const validated = well.flatMap(({ outcome: { figure } }) =>
    figure && figure.label !== "coverage" ? [figure.value] : [],
  );
  const withSpread = (value: ComparedValue, all: readonly number[]): ComparedValue => {
    const spread = spreadOf(all);
    return "value" in value && spread !== undefined ? { ...value, spread } : value;
  };
  return {
    finished: { value: (100 * well.length) / trained.length },
    nats: withSpread(nats!, validated),
    coverage: withSpread(coverage!, coverages),
  };
}

import type { Dataset } from "../data/dataset.ts";
import type { TrainedModel } from "../families/family.ts";
import { familyOf } from "../families/by-name.ts";
import type { Figure, PartVectors, TrainablePart } from "../programs/trainable.ts";
import { readState, type TrainingState } from "../programs/training-state.ts";
import { saveBestWeights } from "../run/best-weights.ts";
import { saveCheckpoint } from "../run/checkpoints.ts";
import { appendMetrics } from "../run/metrics.ts";
import { openEventFile } from "../run/tensorboard.ts";
import { toCheckpoint, type BestFigure } from "../run/training-state.ts";
import type { Tokenizer } from "../run/tokenizer-file.ts";
import type { Values } from "../runtime/values.ts";
import type { FigureValues, MetricsRecord } from "./events.ts";
import { preview, type Preview } from "./preview.ts";

/** What keeps all that a training makes. Of several processes, one has it. */
export interface RunWriter {
  /** Returns the file. */
  checkpoint(state: TrainingState<Values>): Promise<string>;
  record(record: MetricsRecord): Promise<void>;
  best(step: number, weights: PartVectors, figure: BestFigure | undefined): Promise<void>;
  /** Draws or reconstructs pictures, and keeps them; undefined if the model can do neither. */
  preview(step: number, weights: PartVectors): Promise<Preview | undefined>;
}

export interface RunWriterOptions {
  readonly parts: readonly TrainablePart[];
  readonly network: TrainedModel["config"];
  /** If the network draws codes. */
  readonly tokenizer: Tokenizer | undefined;
  /** The pictures to validate with, some of which are reconstructed. */
  readonly valid: Dataset;
  /** Of training and of validation. */
  readonly figures: readonly Figure[];
  /** Checkpoints to keep. */
  readonly keep: number | undefined;
  /** Of previews. */
  readonly seed: number;
}

/** Keeps what a training makes in its run folder, which exists. @throws WRITE, as its methods do */
export async function openRunWriter(
  run: string,
  { parts, network, tokenizer, valid, figures, keep, seed }: RunWriterOptions,
): Promise<RunWriter> {
  const { can } = familyOf(network);
  const events = await openEventFile(run);
  return {
    checkpoint: async (state) => saveCheckpoint(run, toCheckpoint(await readState(state), parts), keep),
    async record(record) {
      await appendMetrics(run, record);
      await events.scalars(record.step, scalarsOf(record, figures));
    },
    best: (step, weights, figure) => saveBestWeights(run, step, weights, parts, figure),
    async preview(step, weights) {
      const model = { config: network, weights: { ...weights, ...tokenizer?.model.weights } };
      const shown = await preview(can, model, valid, { run, step, seed });
      if (shown) await events.picture(step, "samples", shown.grid);
      return shown;
    },
  };
}

/** What TensorBoard shows of a record: a figure of training and of validation in one chart. */
function scalarsOf(record: MetricsRecord, figures: readonly Figure[]): Record<string, number> {
  // TensorBoard would make a group of charts from a slash.
  const chart = (name: string) =>
    (figures.find((figure) => figure.name === name)?.label ?? name).replace("/", " per ");
  const curve = (values: FigureValues | null, which: string) =>
    Object.entries(values ?? {}).map(([name, value]) => [`${chart(name)}/${which}`, value] as const);
  return {
    ...Object.fromEntries([...curve(record.train, "train"), ...curve(record.valid, "valid")]),
    "learning rate": record.learningRate,
    "images per second": record.imagesPerSecond,
  };
}

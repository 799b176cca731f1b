import { oneHot } from "../data/classes.ts";
import { mapConcurrently } from "../data/concurrent.ts";
import { is } from "../graph/node.ts";
import { topologicalOrder } from "../graph/walk.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { valueAt } from "../optim/transformation.ts";
import { Opened } from "../basics/opened.ts";
import type { Session } from "../runtime/session.ts";
import { readValues, releaseValues, type Values } from "../runtime/values.ts";
import { gradientProgram, outputOf } from "./gradient-program.ts";
import { noiseOf } from "./noise.ts";
import { vectorOf } from "./parameters.ts";
import { weightsOf, type Share } from "./shares.ts";
import type { Trainable, TrainablePart } from "./trainable.ts";
import { vectorOfParts, type PartState, type TrainingState } from "./training-state.ts";
import {
  gradientOf,
  next,
  PARAMETERS,
  SCHEDULE,
  scheduledAt,
  updateProgram,
  vectorsOf,
} from "./update-program.ts";

// The training step, wherever its programs run.

/** What one step did. */
export interface StepResult<Vector extends Values = Float32Array> {
  readonly state: TrainingState<Vector>;
  /** The figures of all parts by their names. */
  readonly figures: Readonly<Record<string, number>>;
  /** The norm of each part's gradient. */
  readonly gradientNorms: Readonly<Record<string, number>>;
  /** The learning rate of the first part. */
  readonly learningRate: number;
  /** Whether every loss and gradient is a finite number: if not, the new state is of no use. */
  readonly isFinite: boolean;
}

export interface TrainingStep<Vector extends Values = Float32Array> {
  /**
   * One step on a batch of levels, [batch, channels, rows, cols], and the numbers of their classes if the model is
   * class-conditional. The given state is not changed, so a step that went wrong can be discarded.
   */
  run(
    state: TrainingState<Vector | Float32Array>,
    pictures: Float32Array,
    labels?: ArrayLike<number>,
  ): Promise<StepResult<Vector>>;
  close(): Promise<void>;
}

/** How programs get onto a device. */
export interface Engine<Prepared, Vector extends Values> {
  /** How many shares are computed at once. */
  readonly atOnce: number;
  /** What is done once for all shares of one size. */
  prepare(gradient: Program): Promise<Prepared>;
  /** What is done for each share. */
  openGradient(prepared: Promise<Prepared>): Promise<Session<Vector>>;
  openUpdate(update: Program, vectors: readonly string[]): Promise<Session<Vector>>;
}

/** What computes the step of a part. */
interface PartEngine<Vector extends Values> {
  readonly part: TrainablePart;
  /** The inputs of its gradient, by name. */
  readonly inputs: ReadonlySet<string>;
  /** For each share what computes its gradient. */
  readonly gradients: readonly Session<Vector>[];
  readonly update: Session<Vector>;
}

/** The training step of a batch that is split into shares, by an engine. */
export async function openStep<Prepared, Vector extends Values>(
  build: (pictures: number) => Trainable,
  batch: number,
  shares: readonly Share[],
  seed: number | undefined,
  engine: Engine<Prepared, Vector>,
): Promise<TrainingStep<Vector>> {
  const sizes = shares.map(({ start, end }) => end - start);
  const traced = new Map([...new Set(sizes)].map((size) => [size, build(size)]));
  const first = traced.get(sizes[0]!)!;
  const opened = new Opened();
  try {
    const parts: PartEngine<Vector>[] = [];
    for (const [i, part] of first.parts.entries()) {
      const programs = new Map(
        [...traced].map(([size, trainable]) => [size, gradientProgram(trainable, trainable.parts[i]!)]),
      );
      const prepared = new Map(
        [...programs].map(([size, program]) => [size, engine.prepare(program)] as const),
      );
      const gradients = await opened.addAll(sizes.map((size) => engine.openGradient(prepared.get(size)!)));
      const program = updateProgram(part, weightsOf(shares, batch));
      const update = await opened.add(engine.openUpdate(program, vectorsOf(part.optimizer).map(next)));
      parts.push({ part, inputs: inputsOf(programs.get(sizes[0]!)!), gradients, update });
    }
    return stepOf(first, parts, { shares, batch, seed, atOnce: engine.atOnce, close: () => opened.close() });
  } catch (cause) {
    await opened.close();
    throw cause;
  }
}

function stepOf<Vector extends Values>(
  { classes, noise, schedules = [] }: Trainable,
  parts: readonly PartEngine<Vector>[],
  {
    shares,
    batch,
    seed = 0,
    atOnce,
    close,
  }: {
    readonly shares: readonly Share[];
    readonly batch: number;
    readonly seed: number | undefined;
    readonly atOnce: number;
    readonly close: () => Promise<void>;
  },
): TrainingStep<Vector> {
  const weights = weightsOf(shares, batch);
  const noiseAt = noiseOf(noise, batch, seed);

  /** The gradient of each share, and the mean over shares of each number. */
  async function gradientsOf(
    { part, inputs, gradients }: PartEngine<Vector>,
    state: TrainingState<Vector | Float32Array>,
    ofPictures: Readonly<Record<string, Float32Array>>,
    scheduled: Readonly<Record<string, Float32Array>>,
  ) {
    const parameters = Object.entries(vectorOfParts(state, PARAMETERS)).map(
      ([name, vector]) => [vectorOf(name), vector] as const,
    );
    const ofAll = [...parameters, ...Object.entries(scheduled)].filter(([name]) => inputs.has(name));
    const found = await mapConcurrently(shares, atOnce, ({ start, end }, i) => {
      const own = Object.entries(ofPictures)
        .filter(([name]) => inputs.has(name))
        .map(([name, values]) => {
          const length = values.length / batch;
          return [name, values.slice(start * length, end * length)] as const;
        });
      return gradients[i]!.run(Object.fromEntries([...own, ...ofAll]));
    });
    const mean = async (output: string) => {
      const values = await Promise.all(found.map((outputs) => numberOf(outputs[output]!)));
      return values.reduce((sum, value, i) => sum + weights[i]! * value, 0);
    };
    const figures: Record<string, number> = {};
    for (const figure of part.figures) figures[figure.name] = figure.scale * (await mean(outputOf(figure)));
    return { found: found.map(({ gradient }) => gradient!), loss: await mean("loss"), figures };
  }

  return {
    async run(state, pictures, labels) {
      const step = state.step + 1;
      const ofPictures = {
        pictures,
        ...(classes && labels && { classes: oneHot(labels, classes.shape[1]!) }),
        ...noiseAt(step),
      };
      const scheduled = Object.fromEntries(
        schedules.map(({ node, at }) => [node.attributes.name, Float32Array.of(at(step))]),
      );
      let current: TrainingState<Vector | Float32Array> = state;
      const updated: Record<string, PartState<Vector>> = {};
      const gradientNorms: Record<string, number> = {};
      let figures: Record<string, number> = {};
      let isFinite = true;
      for (const engine of parts) {
        const { name, optimizer } = engine.part;
        const { found, loss, figures: own } = await gradientsOf(engine, current, ofPictures, scheduled);
        const result = await engine.update.run({
          ...current.parts[name],
          ...Object.fromEntries(found.map((gradient, share) => [gradientOf(share), gradient])),
          [SCHEDULE]: scheduledAt(optimizer, step),
        });
        found.forEach(releaseValues);
        updated[name] = Object.fromEntries(
          vectorsOf(optimizer).map((vector) => [vector, result[next(vector)]!]),
        );
        current = { step, parts: { ...current.parts, [name]: updated[name] } };
        gradientNorms[name] = await numberOf(result["gradientNorm"]!);
        figures = { ...figures, ...own };
        isFinite &&= Number.isFinite(loss) && Number.isFinite(gradientNorms[name]);
      }
      const learningRate = valueAt(parts[0]!.part.optimizer.rate, step);
      return { state: { step, parts: updated }, figures, gradientNorms, learningRate, isFinite };
    },
    close,
  };
}

const numberOf = async (values: Values): Promise<number> => (await readValues(values))[0]!;

const inputsOf = ({ outputs }: Program): ReadonlySet<string> =>
  new Set(
    topologicalOrder(Object.values(outputs)).flatMap((node) =>
      is(node, "input") || is(node, "parameter") ? [node.attributes.name] : [],
    ),
  );

import { oneHot } from "../data/classes.ts";
import { mapConcurrently } from "../basics/concurrent.ts";
import { is } from "../graph/node.ts";
import { topologicalOrder } from "../graph/walk.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { valueAt } from "../optim/transformation.ts";
import { Opened } from "../basics/opened.ts";
import type { Session } from "../runtime/session.ts";
import { readValues, releaseValues, type Values } from "../runtime/values.ts";
import type { Communicator } from "./communicator.ts";
import { gradientProgram, outputOf } from "./gradient-program.ts";
import { noiseOf } from "./noise.ts";
import { parameterCount, vectorOf } from "./parameters.ts";
import { exchangeShares, spreadOver, type ShareResults, type Spread } from "./share-exchange.ts";
import { lengthOf, singles, type Range } from "./shares.ts";
import type { Trainable, TrainablePart } from "./trainable.ts";
import { vectorOfParts, type PartState, type TrainingState } from "./training-state.ts";
import {
  gradientOf,
  gradientSums,
  next,
  PARAMETERS,
  SCHEDULE,
  scheduledAt,
  sumOf,
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
  /** Which pictures of a batch this process computes: all, if there are no others. */
  readonly pictures: Range;
  /**
   * One step on these pictures, levels [pictures, channels, rows, cols], and the numbers of their classes if the model is
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
  /** For each share of this process what computes its gradient. */
  readonly gradients: readonly Session<Vector>[];
  /** What adds up the gradients of these shares, if there are other processes. */
  readonly sums: Session<Vector> | undefined;
  readonly update: Session<Vector>;
}

/** How a batch is computed. */
export interface BatchOptions {
  readonly batch: number;
  /** The pictures of each share. */
  readonly shares: readonly Range[];
  /** Of the noise. */
  readonly seed?: number | undefined;
  /** The processes over which the shares are spread, if there are several. */
  readonly world?: Communicator | undefined;
}

/** The training step of a batch that is split into shares, by an engine. */
export async function openStep<Prepared, Vector extends Values>(
  build: (pictures: number) => Trainable,
  options: BatchOptions,
  engine: Engine<Prepared, Vector>,
): Promise<TrainingStep<Vector>> {
  const { batch, shares, world } = options;
  const all = { start: 0, end: shares.length };
  const spread = world && spreadOver(world, shares.length);
  const own = spread?.blocks[spread.world.rank] ?? all;
  const ownSums = spread?.sums[spread.world.rank];
  const sizes = shares.slice(own.start, own.end).map(lengthOf);
  const traced = new Map([...new Set(sizes)].map((size) => [size, build(size)]));
  const first = traced.get(sizes[0]!)!;
  const opened = new Opened();
  try {
    const parts: PartEngine<Vector>[] = [];
    for (const [i, part] of first.parts.entries()) {
      const programs = new Map(
        [...traced].map(([size, trainable]) => [
          size,
          gradientProgram(trainable, trainable.parts[i]!, size / batch),
        ]),
      );
      const prepared = new Map(
        [...programs].map(([size, program]) => [size, engine.prepare(program)] as const),
      );
      const gradients = await opened.addAll(sizes.map((size) => engine.openGradient(prepared.get(size)!)));
      const count = parameterCount(part.declarations);
      const sums = ownSums && (await opened.add(engine.openUpdate(gradientSums(count, ownSums), [])));
      const program = updateProgram(part, spread?.sums.flat() ?? singles(all));
      const update = await opened.add(engine.openUpdate(program, vectorsOf(part.optimizer).map(next)));
      parts.push({ part, inputs: inputsOf(programs.get(sizes[0]!)!), gradients, sums, update });
    }
    return stepOf(first, parts, {
      ...options,
      spread,
      own,
      atOnce: engine.atOnce,
      close: () => opened.close(),
    });
  } catch (cause) {
    await opened.close();
    throw cause;
  }
}

function stepOf<Vector extends Values>(
  { classes, noise, schedules = [] }: Trainable,
  parts: readonly PartEngine<Vector>[],
  {
    batch,
    shares,
    seed = 0,
    spread,
    own,
    atOnce,
    close,
  }: BatchOptions & {
    readonly spread: Spread | undefined;
    /** The shares of this process. */
    readonly own: Range;
    readonly atOnce: number;
    readonly close: () => Promise<void>;
  },
): TrainingStep<Vector> {
  const ownShares = shares.slice(own.start, own.end);
  const pictures = { start: ownShares[0]!.start, end: ownShares.at(-1)!.end };
  const terms = spread?.sums.flat() ?? singles(own);
  const noiseAt = noiseOf(noise, lengthOf(pictures), seed);

  /** What the shares of this process give, and then those of all processes. */
  async function resultsOf(
    { part, inputs, gradients, sums }: PartEngine<Vector>,
    state: TrainingState<Vector | Float32Array>,
    ofPictures: Readonly<Record<string, Float32Array>>,
    scheduled: Readonly<Record<string, Float32Array>>,
  ): Promise<ShareResults<Vector | Float32Array>> {
    const parameters = Object.entries(vectorOfParts(state, PARAMETERS)).map(
      ([name, vector]) => [vectorOf(name), vector] as const,
    );
    const ofAll = [...parameters, ...Object.entries(scheduled)].filter(([name]) => inputs.has(name));
    const found = await mapConcurrently(ownShares, atOnce, (share, i) => {
      const [start, end] = [share.start - pictures.start, share.end - pictures.start];
      const ofShare = Object.entries(ofPictures)
        .filter(([name]) => inputs.has(name))
        .map(([name, values]) => {
          const length = values.length / lengthOf(pictures);
          return [name, values.slice(start * length, end * length)] as const;
        });
      return gradients[i]!.run(Object.fromEntries([...ofShare, ...ofAll]));
    });
    const names = ["loss", ...part.figures.map(outputOf)];
    const ownResults = {
      gradients: found.map(({ gradient }) => gradient!),
      numbers: await Promise.all(
        found.map((outputs) => Promise.all(names.map((name) => numberOf(outputs[name]!)))),
      ),
    };
    if (spread === undefined) return ownResults;
    const summed = await sums!.run(named(singles(own), ownResults.gradients));
    ownResults.gradients.forEach(releaseValues);
    const sent = spread.sums[spread.world.rank]!.map((range) => readValues(summed[sumOf(range)]!));
    return exchangeShares(
      spread,
      { ...ownResults, gradients: await Promise.all(sent) },
      { weights: await readValues(state.parts[part.name]![PARAMETERS]!), step: state.step + 1 },
    );
  }

  /** The mean over the batch of the number at a place of each share's. */
  const mean = (numbers: ShareResults<unknown>["numbers"], place: number) =>
    numbers.reduce((sum, ofShare, i) => sum + (lengthOf(shares[i]!) / batch) * ofShare[place]!, 0);

  return {
    pictures,
    async run(state, levels, labels) {
      const step = state.step + 1;
      const ofPictures = {
        pictures: levels,
        ...(classes && labels && { classes: oneHot(labels, classes.shape[1]!) }),
        ...noiseAt(step, pictures.start),
      };
      const scheduled = Object.fromEntries(
        schedules.map(({ node, at }) => [node.attributes.name, Float32Array.of(at(step))]),
      );
      let current: TrainingState<Vector | Float32Array> = state;
      const updated: Record<string, PartState<Vector>> = {};
      const gradientNorms: Record<string, number> = {};
      const figures: Record<string, number> = {};
      let isFinite = true;
      for (const engine of parts) {
        const { name, optimizer } = engine.part;
        const { gradients, numbers } = await resultsOf(engine, current, ofPictures, scheduled);
        const result = await engine.update.run({
          ...current.parts[name],
          ...named(terms, gradients),
          [SCHEDULE]: scheduledAt(optimizer, step),
        });
        gradients.forEach(releaseValues);
        updated[name] = Object.fromEntries(
          vectorsOf(optimizer).map((vector) => [vector, result[next(vector)]!]),
        );
        current = { step: state.step, parts: { ...current.parts, [name]: updated[name] } };
        gradientNorms[name] = await numberOf(result["gradientNorm"]!);
        engine.part.figures.forEach((figure, i) => {
          figures[figure.name] = figure.scale * mean(numbers, 1 + i);
        });
        isFinite &&= Number.isFinite(mean(numbers, 0)) && Number.isFinite(gradientNorms[name]);
      }
      const learningRate = valueAt(parts[0]!.part.optimizer.rate, step);
      return { state: { step, parts: updated }, figures, gradientNorms, learningRate, isFinite };
    },
    close,
  };
}

/** Gradients, or sums of them, as programs take them. */
const named = <Vector>(ranges: readonly Range[], gradients: readonly Vector[]): Record<string, Vector> =>
  Object.fromEntries(ranges.map((range, i) => [gradientOf(range), gradients[i]!]));

const numberOf = async (values: Values): Promise<number> => (await readValues(values))[0]!;

const inputsOf = ({ outputs }: Program): ReadonlySet<string> =>
  new Set(
    topologicalOrder(Object.values(outputs)).flatMap((node) =>
      is(node, "input") || is(node, "parameter") ? [node.attributes.name] : [],
    ),
  );

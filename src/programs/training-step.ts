import { oneHot } from "../data/classes.ts";
import { mapConcurrently } from "../data/concurrent.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { averageDecay } from "../optim/average.ts";
import { compile, openSession, type Session, type SessionOptions } from "../runtime/ort.ts";
import { readValues, releaseValues, type Values } from "../runtime/values.ts";
import { openDeviceSession } from "../runtime/webgpu.ts";
import { cores } from "../runtime/workers/node.ts";
import { openSessionThread } from "../runtime/workers/session.ts";
import { dropoutMasks, type DropoutOptions } from "./dropout.ts";
import { gradientProgram } from "./gradient-program.ts";
import type { Network } from "./network.ts";
import { parameterCount, PARAMETERS } from "./parameters.ts";
import { gradientOf, NEXT, updateProgram, type UpdateOptions } from "./update-program.ts";

export interface OptimizerOptions extends UpdateOptions {
  /** Needed for a network that was built for training with dropout. */
  readonly dropout?: DropoutOptions | undefined;
}

export interface TrainingStepOptions extends SessionOptions {
  /**
   * Into how many shares a batch is split, at most one for each picture; 1 by default. Sums are rounded differently with another
   * number of them.
   */
  readonly shares?: number | undefined;
}

/** All that training changes: vectors over all parameters, and the number of steps done. */
export interface TrainingState<Vector extends Values = Float32Array> {
  readonly step: number;
  readonly parameters: Vector;
  readonly average: Vector;
  readonly m: Vector;
  readonly v: Vector;
}

export interface TrainingStep<Vector extends Values = Float32Array> {
  /**
   * One step on a batch of levels, [batch, channels, rows, cols], and the numbers of their classes if the network knows
   * classes: the next state, the mean nats per picture and the norm of the gradient. The state that is passed in stays as
   * it is, so a step that went wrong can be thrown away.
   */
  run(
    state: TrainingState<Vector | Float32Array>,
    pictures: Float32Array,
    learningRate: number,
    labels?: ArrayLike<number>,
  ): Promise<{ state: TrainingState<Vector>; nats: number; gradientNorm: number }>;
  close(): Promise<void>;
}

/**
 * The training step, compiled. A batch is split into shares; a thread for each of them computes its gradient, forward and
 * backward, and the optimizer follows their mean. This is faster than all threads together for one operator after the other:
 * not every operator can be split, and no thread waits for another.
 *
 * @param build The network for a number of pictures.
 */
export async function openTrainingStep(
  build: (pictures: number) => Network,
  batch: number,
  options: OptimizerOptions,
  { shares: wanted = 1, threads = cores(), blocked }: TrainingStepOptions = {},
): Promise<TrainingStep> {
  const shares = sharesOf(batch, wanted);
  const { network, prepared } = await forShares(build, shares, (program) => compile(program, { blocked }));
  const each = { threads: Math.max(1, Math.floor(threads / shares.length)) };
  const gradients = await Promise.all(prepared.map((compiled) => openSessionThread(compiled, each)));
  const update = await openSession(updateOf(network, shares, batch, options), { threads, blocked });
  return stepOf(network, { shares, batch, gradients, update, atOnce: threads }, options);
}

/**
 * The same on the GPU, where the state stays from step to step; shares are computed one after the other. It blocks the thread that
 * calls it. DEVICE error, here and in every step, if no GPU answers or it fails.
 */
export async function openDeviceTrainingStep(
  build: (pictures: number) => Network,
  batch: number,
  options: OptimizerOptions,
  { shares: wanted = 1 }: Pick<TrainingStepOptions, "shares"> = {},
): Promise<TrainingStep<Values>> {
  const shares = sharesOf(batch, wanted);
  const { network, prepared: gradients } = await forShares(build, shares, (program) =>
    openDeviceSession(program, ["gradient"]),
  );
  const update = await openDeviceSession(updateOf(network, shares, batch, options), Object.values(NEXT));
  return stepOf(network, { shares, batch, gradients, update, atOnce: 1 }, options);
}

/** What computes a step. */
interface Engine<Vector extends Values> {
  readonly batch: number;
  readonly shares: readonly Share[];
  /** For each share what computes its gradient. */
  readonly gradients: readonly Session<Vector>[];
  readonly update: Session<Vector>;
  /** How many shares are computed at once. */
  readonly atOnce: number;
}

function stepOf<Vector extends Values>(
  { classes, picture, dropout }: Network,
  { batch, shares, gradients, update, atOnce }: Engine<Vector>,
  options: OptimizerOptions,
): TrainingStep<Vector> {
  const weights = weightsOf(shares, batch);
  const subPixels = sizeOf(picture.shape.slice(1));
  const masksOf = options.dropout && dropoutMasks(dropout, batch, options.dropout);
  return {
    async run(state, pictures, learningRate, labels) {
      const step = state.step + 1;
      const correction = (beta: number) => 1 / (1 - beta ** step);
      const ofPictures = Object.entries({
        pictures,
        ...(classes && labels && { classes: oneHot(labels, classes.shape[1]!) }),
        ...masksOf?.(step),
      });
      const found = await mapConcurrently(shares, atOnce, ({ start, end }, i) => {
        const own = ofPictures.map(([name, values]) => {
          const length = values.length / batch;
          return [name, values.slice(start * length, end * length)];
        });
        return gradients[i]!.run({ ...Object.fromEntries(own), [PARAMETERS]: state.parameters });
      });
      const result = await update.run({
        ...Object.fromEntries(found.map(({ gradient }, share) => [gradientOf(share), gradient!])),
        [PARAMETERS]: state.parameters,
        average: state.average,
        m: state.m,
        v: state.v,
        schedule: Float32Array.of(
          learningRate,
          correction(options.beta1),
          correction(options.beta2),
          averageDecay(options.ema, step),
        ),
      });
      for (const { gradient } of found) releaseValues(gradient!);
      const natsOfShares = await Promise.all(found.map(({ natsPerSubPixel }) => numberOf(natsPerSubPixel!)));
      const natsPerSubPixel = natsOfShares.reduce((sum, nats, i) => sum + weights[i]! * nats, 0);
      return {
        state: {
          step,
          parameters: result[NEXT.parameters]!,
          average: result[NEXT.average]!,
          m: result[NEXT.m]!,
          v: result[NEXT.v]!,
        },
        nats: natsPerSubPixel * subPixels,
        gradientNorm: await numberOf(result["gradientNorm"]!),
      };
    },
    close: async () => {
      const sessions = new Set([update, ...gradients]);
      await Promise.all([...sessions].map((session) => session.close()));
    },
  };
}

const numberOf = async (values: Values): Promise<number> => (await readValues(values))[0]!;

/** Pictures start .. end-1 of a batch. */
interface Share {
  readonly start: number;
  readonly end: number;
}

/** Shares as equal as can be. */
function sharesOf(batch: number, wanted: number): Share[] {
  const count = Math.min(batch, wanted);
  const bound = (share: number) => Math.floor((share * batch) / count);
  return Array.from({ length: count }, (_, share) => ({ start: bound(share), end: bound(share + 1) }));
}

/** How much of the batch each share is. */
const weightsOf = (shares: readonly Share[], batch: number) =>
  shares.map(({ start, end }) => (end - start) / batch);

const updateOf = (
  { declarations }: Network,
  shares: readonly Share[],
  batch: number,
  options: OptimizerOptions,
): Program => updateProgram(parameterCount(declarations), weightsOf(shares, batch), options);

/** For each share its gradient's program, prepared once for all that are of one size, and the network of one of them. */
async function forShares<Prepared>(
  build: (pictures: number) => Network,
  shares: readonly Share[],
  prepare: (program: Program) => Promise<Prepared>,
): Promise<{ network: Network; prepared: Prepared[] }> {
  const ofSize = new Map<number, { network: Network; prepared: Promise<Prepared> }>();
  const sizes = shares.map(({ start, end }) => end - start);
  for (const pictures of new Set(sizes)) {
    const network = build(pictures);
    ofSize.set(pictures, { network, prepared: prepare(gradientProgram(network)) });
  }
  const prepared = await Promise.all(sizes.map((size) => ofSize.get(size)!.prepared));
  return { network: ofSize.get(sizes[0]!)!.network, prepared };
}

/** The state before the first step. */
export function initialState(parameters: Float32Array): TrainingState {
  const zeros = () => new Float32Array(parameters.length);
  return { step: 0, parameters, average: parameters.slice(), m: zeros(), v: zeros() };
}

/** The state as numbers in memory, wherever it is. */
export async function readState(state: TrainingState<Values>): Promise<TrainingState> {
  const [parameters, average, m, v] = await Promise.all([
    readValues(state.parameters),
    readValues(state.average),
    readValues(state.m),
    readValues(state.v),
  ]);
  return { step: state.step, parameters, average, m, v };
}

/** Frees a state that is not needed any more. */
export function releaseState({ parameters, average, m, v }: TrainingState<Values>): void {
  for (const vector of [parameters, average, m, v]) releaseValues(vector);
}

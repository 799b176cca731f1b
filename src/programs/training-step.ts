import { oneHot } from "../data/classes.ts";
import { mapConcurrently } from "../data/concurrent.ts";
import { sizeOf } from "../graph/shapes.ts";
import { averageDecay } from "../optim/average.ts";
import { compile, openSession, type CompiledProgram, type SessionOptions } from "../runtime/ort.ts";
import { cores } from "../runtime/workers/node.ts";
import { openSessionThread } from "../runtime/workers/session.ts";
import { dropoutMasks, type DropoutOptions } from "./dropout.ts";
import { gradientProgram } from "./gradient-program.ts";
import type { Network } from "./network.ts";
import { parameterCount, PARAMETERS } from "./parameters.ts";
import { gradientOf, updateProgram, type UpdateOptions } from "./update-program.ts";

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
export interface TrainingState {
  readonly step: number;
  readonly parameters: Float32Array;
  readonly average: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

export interface TrainingStep {
  /**
   * One step on a batch of levels, [batch, channels, rows, cols], and the numbers of their classes if the network knows
   * classes: the next state, the mean nats per picture and the norm of the gradient. The state that is passed in stays as
   * it is, so a step that went wrong can be thrown away.
   */
  run(
    state: TrainingState,
    pictures: Float32Array,
    learningRate: number,
    labels?: ArrayLike<number>,
  ): Promise<{ state: TrainingState; nats: number; gradientNorm: number }>;
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
  const { network, sessions } = await openGradients(build, shares, { threads, blocked });
  const { classes, picture, declarations, dropout } = network;
  const weights = shares.map(({ start, end }) => (end - start) / batch);
  const program = updateProgram(parameterCount(declarations), weights, options);
  const update = await openSession(program, { threads, blocked });
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
      const found = await mapConcurrently(shares, threads, ({ start, end }, i) => {
        const own = ofPictures.map(([name, values]) => {
          const length = values.length / batch;
          return [name, values.slice(start * length, end * length)];
        });
        return sessions[i]!.run({ ...Object.fromEntries(own), [PARAMETERS]: state.parameters });
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
      const natsPerSubPixel = found.reduce(
        (sum, { natsPerSubPixel: nats }, i) => sum + weights[i]! * nats![0]!,
        0,
      );
      return {
        state: {
          step,
          parameters: result["nextParameters"]!,
          average: result["nextAverage"]!,
          m: result["nextM"]!,
          v: result["nextV"]!,
        },
        nats: natsPerSubPixel * subPixels,
        gradientNorm: result["gradientNorm"]![0]!,
      };
    },
    close: async () => void (await Promise.all([update, ...sessions].map((session) => session.close()))),
  };
}

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

/** For each share a session that computes its gradient, and the network of one of them. */
async function openGradients(
  build: (pictures: number) => Network,
  shares: readonly Share[],
  { threads = cores(), blocked }: SessionOptions,
) {
  const opened = new Map<number, { network: Network; program: Promise<CompiledProgram> }>();
  const sizes = shares.map(({ start, end }) => end - start);
  for (const pictures of new Set(sizes)) {
    const network = build(pictures);
    opened.set(pictures, { network, program: compile(gradientProgram(network), { blocked }) });
  }
  const options = { threads: Math.max(1, Math.floor(threads / shares.length)) };
  const sessions = await Promise.all(
    sizes.map(async (pictures) => openSessionThread(await opened.get(pictures)!.program, options)),
  );
  return { network: opened.get(sizes[0]!)!.network, sessions };
}

/** The state before the first step. */
export function initialState(parameters: Float32Array): TrainingState {
  const zeros = () => new Float32Array(parameters.length);
  return { step: 0, parameters, average: parameters.slice(), m: zeros(), v: zeros() };
}

import { gradients } from "../autodiff/gradients.ts";
import { oneHot } from "../data/classes.ts";
import { concat, input, mean, parameter, reshape, slice } from "../graph/language.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { adam, type AdamOptions } from "../optim/adam.ts";
import { averageDecay, movingAverage } from "../optim/average.ts";
import { clipByNorm } from "../optim/clip.ts";
import { openSession, type SessionOptions } from "../runtime/ort.ts";
import { dropoutMasks, type DropoutOptions } from "./dropout.ts";
import type { Network } from "./network.ts";
import { packParameters, parameterCount, PARAMETERS } from "./parameters.ts";

export interface OptimizerOptions extends AdamOptions {
  /** Largest Euclidean norm of the gradient (of the mean nats per sub-pixel). */
  readonly clip: number;
  /** Decay of the average of the weights per step. */
  readonly ema: number;
  /** Needed for a network that was built for training with dropout. */
  readonly dropout?: DropoutOptions | undefined;
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

/** Forward, backward, clipping, Adam and averaging as one program. */
export function trainingProgram(
  { nats, picture, declarations }: Network,
  options: OptimizerOptions,
): Program {
  const count = parameterCount(declarations);
  const vector = (name: string) => parameter(name, [count]);
  const schedule = input("schedule", [4]);
  const scheduled = (i: number) => slice(schedule, 0, i, i + 1);

  // The mean over sub-pixels, not the sum: one learning rate and one clipping norm then suit pictures of any size.
  const loss = mean(nats);
  const flat = gradients(
    loss,
    declarations.map(({ node }) => node),
  ).map((gradient) => reshape(gradient, [sizeOf(gradient.shape)]));

  const clipped = clipByNorm(concat(flat, 0), options.clip);
  const weights = vector(PARAMETERS);
  const updated = adam(
    weights,
    clipped.gradient,
    { m: vector("m"), v: vector("v") },
    { rate: scheduled(0), correction1: scheduled(1), correction2: scheduled(2) },
    options,
  );
  const outputs = {
    nextParameters: updated.parameters,
    nextAverage: movingAverage(vector("average"), updated.parameters, scheduled(3)),
    nextM: updated.state.m,
    nextV: updated.state.v,
    natsPerSubPixel: loss,
    gradientNorm: clipped.norm,
  };
  const packed = packParameters(Object.values(outputs), declarations, weights);
  return {
    name: `training step, batch ${picture.shape[0]}`,
    outputs: Object.fromEntries(Object.keys(outputs).map((name, i) => [name, packed[i]!])),
  };
}

/** The training step, compiled. */
export async function openTrainingStep(
  network: Network,
  options: OptimizerOptions,
  sessionOptions?: SessionOptions,
): Promise<TrainingStep> {
  const session = await openSession(trainingProgram(network, options), sessionOptions);
  const { classes, picture } = network;
  const subPixels = sizeOf(picture.shape.slice(1));
  const masksOf = options.dropout && dropoutMasks(network.dropout, options.dropout);
  return {
    async run(state, pictures, learningRate, labels) {
      const step = state.step + 1;
      const correction = (beta: number) => 1 / (1 - beta ** step);
      const result = await session.run({
        pictures,
        ...(classes && labels && { classes: oneHot(labels, classes.shape[1]!) }),
        ...masksOf?.(step),
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
      return {
        state: {
          step,
          parameters: result["nextParameters"]!,
          average: result["nextAverage"]!,
          m: result["nextM"]!,
          v: result["nextV"]!,
        },
        nats: result["natsPerSubPixel"]![0]! * subPixels,
        gradientNorm: result["gradientNorm"]![0]!,
      };
    },
    close: () => session.close(),
  };
}

/** The state before the first step. */
export function initialState(parameters: Float32Array): TrainingState {
  const zeros = () => new Float32Array(parameters.length);
  return { step: 0, parameters, average: parameters.slice(), m: zeros(), v: zeros() };
}

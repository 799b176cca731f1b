import { NextpixelError } from "../src/basics/errors.ts";
import { subset, type Dataset } from "../src/data/dataset.ts";
import { epochOf, trainingOrder } from "../src/data/order.ts";
import { autoregressive, trainableOf } from "../src/families/autoregressive.ts";
import { adamW } from "../src/optim/optimizer.ts";
import { learningRate } from "../src/optim/schedule.ts";
import { openEvaluator, type Evaluator } from "../src/programs/evaluator.ts";
import { parameterCount } from "../src/programs/parameters.ts";
import { initialState, vectorOfParts } from "../src/programs/training-state.ts";
import { openTrainingStep } from "../src/programs/training-step.ts";
import { AVERAGE } from "../src/programs/update-program.ts";
import { build, configOf, type BenchNetwork } from "./networks.ts";
import { median } from "./statistics.ts";

/** How all families are trained. */
export interface RaceOptions {
  readonly train: Dataset;
  readonly valid: Dataset;
  /** Validation pictures that curves are measured with: the first ones. */
  readonly curvePictures: number;
  /** Time that each family trains, at the end of which the learning rate is 0. */
  readonly seconds: number;
  readonly batch: number;
  readonly lr: number;
  readonly clip: number;
  readonly ema: number;
  readonly seed: number;
  readonly threads: number;
}

/** A point of a learning curve. */
export interface Measured {
  /** Of training alone. */
  readonly seconds: number;
  readonly steps: number;
  /** Mean over the validation pictures of curves, with the averaged weights. */
  readonly nats: number;
}

/** What has been trained so far. */
export interface Progress {
  readonly parameters: number;
  readonly steps: number;
  readonly epochs: number;
  /** Median. */
  readonly secondsPerStep: number;
}

export interface Racer {
  readonly network: BenchNetwork;
  readonly curve: readonly Measured[];
  /** Trains until it has done so for so many seconds in all. DIVERGED error if the loss is no number any more. */
  train(until: number): Promise<void>;
  /** Adds a point to the curve, and returns it. DIVERGED error as of `train`. */
  validate(): Promise<Measured>;
  progress(): Progress;
  /** Mean over all validation pictures, with the averaged weights. */
  nats(): Promise<number>;
  close(): Promise<void>;
}

const WARM_UP_STEPS = 2;
/** The learning rate's schedule goes by time: so many steps are all of it, of which these are its own warm-up. */
const SCHEDULE = { steps: 1000, warmup: 20, decay: "cosine" } as const;

/** A family, compiled and warm, with its own state of training. */
export async function openRacer(network: BenchNetwork, options: RaceOptions): Promise<Racer> {
  const { train, valid, batch, lr, clip, ema, seed, threads } = options;
  let rate = 0;
  // Steps are as long as they take: the rate goes by time, not by the step's number.
  const optimizer = adamW({ rate: () => rate, clip, ema });
  const trace = (pictures: number) => trainableOf(build(network, pictures), optimizer);
  const { parts } = trace(1);
  const evaluate = (pictures: number) => autoregressive.evaluation(configOf(network), pictures);
  const step = await openTrainingStep(trace, batch, { threads, shares: threads });
  const first = Array.from({ length: Math.min(options.curvePictures, valid.count) }, (_, i) => i);
  const validation = await openEvaluator(evaluate, subset(valid, first), { threads });
  const order = trainingOrder(train.count, seed);
  const read = async (index: number) => Float32Array.from(await train.read(order(index, batch)));

  let state = initialState(parts, seed);
  // The first steps find memory and threads, which is not training.
  for (let i = 0; i < WARM_UP_STEPS; i++) await step.run(state, await read(i));
  const secondsOfSteps: number[] = [];
  let seconds = 0;
  const curve: Measured[] = [];

  const natsOf = async (evaluator: Evaluator) =>
    (await evaluator.figures(vectorOfParts(state, AVERAGE)))["nats"]!;

  return {
    network,
    curve,
    async train(until) {
      while (seconds < until) {
        const started = performance.now();
        const place = Math.max(1, Math.ceil((SCHEDULE.steps * seconds) / options.seconds));
        rate = learningRate({ rate: lr, ...SCHEDULE }, Math.min(SCHEDULE.steps, place));
        const { state: next, isFinite } = await step.run(state, await read(state.step));
        if (!isFinite) throw diverged(next.step);
        state = next;
        secondsOfSteps.push((performance.now() - started) / 1000);
        seconds += secondsOfSteps.at(-1)!;
      }
    },
    async validate() {
      const nats = await natsOf(validation);
      if (!Number.isFinite(nats)) throw diverged(state.step);
      const measured = { seconds, steps: state.step, nats };
      curve.push(measured);
      return measured;
    },
    progress: () => ({
      parameters: parameterCount(parts[0]!.declarations),
      steps: state.step,
      epochs: epochOf(state.step, batch, train.count),
      secondsPerStep: median(secondsOfSteps),
    }),
    async nats() {
      const whole = await openEvaluator(evaluate, valid, { threads });
      const nats = await natsOf(whole);
      await whole.close();
      return nats;
    },
    close: async () => void (await Promise.all([step.close(), validation.close()])),
  };
}

const diverged = (step: number) =>
  new NextpixelError("DIVERGED", `the loss of step ${step} is not a finite number; try a lower --lr`);

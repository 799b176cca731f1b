import { NextpixelError } from "../src/basics/errors.ts";
import { subset, type Dataset } from "../src/data/dataset.ts";
import { epochOf, trainingOrder } from "../src/data/order.ts";
import { autoregressive, trainableOf } from "../src/families/autoregressive.ts";
import { OPTIMIZERS, type OptimizerName } from "../src/families/optimizers.ts";
import { learningRate, type LearningRateOptions } from "../src/optim/schedule.ts";
import { openEvaluator, type Evaluator } from "../src/programs/evaluator.ts";
import { parameterCount } from "../src/programs/parameters.ts";
import { initialState, vectorOfParts } from "../src/programs/training-state.ts";
import { openTrainingStep } from "../src/programs/training-step.ts";
import { AVERAGE } from "../src/programs/update-program.ts";
import type { Line } from "./chart.ts";
import { build, configOf, type BenchNetwork } from "./networks.ts";
import { watchOthers } from "./others.ts";
import { median } from "./statistics.ts";

/** Validation pictures that curves are measured with: the first ones, of 10,000 enough to see 0.5 nats. */
export const CURVE_PICTURES = 2000;

/** How a network is trained. */
export interface RaceOptions {
  readonly train: Dataset;
  readonly valid: Dataset;
  /** Time that each trains, which is all of the learning rate's schedule. */
  readonly seconds: number;
  readonly batch: number;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  readonly decay: LearningRateOptions["decay"];
  readonly clip: number;
  readonly ema: number | undefined;
  readonly weightDecay?: number | undefined;
  readonly seed: number;
  readonly threads: number;
  /** Seconds since any moment; those of a clock on the wall by default. */
  readonly clock?: () => number;
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
  /** Tells it from the others. */
  readonly name: string;
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
const SCHEDULE = { steps: 1000, warmup: 20 } as const;

const wallClock = () => performance.now() / 1000;

/** The processor's time of this process, as seconds of so many threads that are never idle. */
export const processorClock = (threads: number) => (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 / threads;
};

/** A network, compiled and warm, with its own state of training. */
export async function openRacer(name: string, network: BenchNetwork, options: RaceOptions): Promise<Racer> {
  const { train, valid, batch, lr, decay, clip, ema, weightDecay, seed, threads } = options;
  const { clock = wallClock } = options;
  let rate = 0;
  // Steps are as long as they take: the rate goes by time, not by the step's number.
  const optimizer = OPTIMIZERS[options.optimizer].of({ rate: () => rate, clip, ema, weightDecay });
  const trace = (pictures: number) => trainableOf(build(network, pictures), optimizer);
  const { parts } = trace(1);
  const evaluate = (pictures: number) => autoregressive.evaluation(configOf(network), pictures);
  const step = await openTrainingStep(trace, batch, { threads, shares: threads });
  const first = Array.from({ length: Math.min(CURVE_PICTURES, valid.count) }, (_, i) => i);
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
    name,
    curve,
    async train(until) {
      while (seconds < until) {
        const started = clock();
        const place = Math.max(1, Math.ceil((SCHEDULE.steps * seconds) / options.seconds));
        rate = learningRate({ rate: lr, decay, ...SCHEDULE }, Math.min(SCHEDULE.steps, place));
        const { state: next, isFinite } = await step.run(state, await read(state.step));
        if (!isFinite) throw diverged(next.step);
        state = next;
        secondsOfSteps.push(clock() - started);
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

/** Turns that each gets, and after how many of them it is validated. */
const TURNS = 40;
const TURNS_PER_VALIDATION = 4;

/**
 * Trains all for the same time, in short turns, so that a machine that is slow for a while is slow for all of them.
 * One that fails is out, the others go on.
 *
 * @returns those that are not out
 */
export async function raceInTurns<One extends Racer>(
  racers: readonly One[],
  seconds: number,
  onValidated: () => Promise<void> = async () => undefined,
): Promise<ReadonlySet<One>> {
  const running = new Set(racers);
  const others = watchOthers();
  for (let turn = 1; turn <= TURNS && running.size > 0; turn++) {
    await others.look();
    const isValidated = turn % TURNS_PER_VALIDATION === 0;
    for (const racer of running) {
      try {
        await racer.train((seconds * turn) / TURNS);
        if (isValidated) console.log(pointOf(racer.name, await racer.validate()));
      } catch (error) {
        running.delete(racer);
        process.exitCode = 1;
        console.error(`  ${racer.name} is out: ${error instanceof Error ? error.message : error}`);
      }
    }
    if (isValidated) await onValidated();
  }
  others.warn();
  return running;
}

/**
 * Curves of one race with several seeds as a line of their means, in a band from the lowest to the highest, as far as
 * all of them reach.
 *
 * @param unit seconds of one step on the axis of time
 */
export function lineOfSeeds(name: string, curves: readonly Racer["curve"][], unit = 1): Line {
  const length = Math.min(...curves.map((curve) => curve.length));
  const all = Array.from({ length }, (_, i) => curves.map((curve) => curve[i]!));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const natsOf = (each: readonly Measured[]) => each.map(({ nats }) => nats);
  return {
    name,
    points: all.map((each) => [mean(each.map(({ seconds }) => seconds)) / unit, mean(natsOf(each))] as const),
    ranges:
      curves.length > 1
        ? all.map((each) => [Math.min(...natsOf(each)), Math.max(...natsOf(each))] as const)
        : undefined,
  };
}

function pointOf(name: string, { seconds, steps, nats }: Measured): string {
  const [minutes, shown] = [(seconds / 60).toFixed(2), nats.toFixed(2)];
  return `  ${name.padEnd(24)} ${minutes.padStart(6)} min ${String(steps).padStart(6)} steps ${shown.padStart(7)} nats`;
}

const diverged = (step: number) =>
  new NextpixelError("DIVERGED", `the loss of step ${step} is not a finite number; try a lower --lr`);

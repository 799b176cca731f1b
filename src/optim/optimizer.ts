import { adam, ADAM_DEFAULTS, type AdamOptions } from "./adam.ts";
import { movingAverages, type Averaging, type Decays } from "./average.ts";
import { clipByNorm } from "./clip.ts";
import { muon, MUON_DEFAULTS } from "./muon.ts";
import { scaleByRate } from "./schedule.ts";
import { scheduleFree } from "./schedule-free.ts";
import { chain, type Schedule, type Transformation } from "./transformation.ts";
import { weightDecay as decayWeights } from "./weight-decay.ts";

/** How the parameters of a part are updated from their gradient. */
export interface Optimizer {
  /** From the gradient to the update of the parameters. */
  readonly transformation: Transformation;
  readonly averaging: Averaging;
  /** The learning rate, for reports. */
  readonly rate: Schedule;
}

export interface OptimizerOptions {
  readonly rate: Schedule;
  /** Largest norm of the gradient. */
  readonly clip: number;
  /** Decays of Adam's running means; see `ADAM_DEFAULTS`, `MUON_DEFAULTS` and `scheduleFreeAdamW`. */
  readonly beta1?: Schedule | undefined;
  readonly beta2?: Schedule | undefined;
  /** Decoupled weight decay; none if it is not given. */
  readonly weightDecay?: Schedule | undefined;
  /**
   * Decay per step of the moving average of the parameters, or of several, see `averageDecay`; without, the newest
   * count alone.
   */
  readonly ema?: Decays | undefined;
}

/** Clipping, Adam, weight decay if it is given, the learning rate, and an average of the weights. */
export const adamW = (options: OptimizerOptions): Optimizer => ({
  transformation: chained(adam(betasOf(options, ADAM_DEFAULTS)), options),
  averaging: movingAverages(options.ema ?? 0),
  rate: options.rate,
});

/** The same with Muon for the matrices of hidden layers: see `muon`. */
export const muonAndAdamW = (options: OptimizerOptions): Optimizer => ({
  transformation: chained(muon(betasOf(options, MUON_DEFAULTS)), options),
  averaging: movingAverages(options.ema ?? 0),
  rate: options.rate,
});

/**
 * Schedule-free AdamW: Adam without momentum, in whose place `beta1` draws the parameters towards their average: see
 * `scheduleFree`. The learning rate need not fall.
 */
export const scheduleFreeAdamW = (options: Omit<OptimizerOptions, "ema">): Optimizer => {
  const { beta1, ...others } = betasOf(options, ADAM_DEFAULTS);
  return {
    transformation: chained(adam({ ...others, beta1: 0 }), options),
    averaging: scheduleFree({ beta: beta1, rate: options.rate }),
    rate: options.rate,
  };
};

const chained = (
  direction: Transformation,
  { clip, weightDecay, rate }: Pick<OptimizerOptions, "clip" | "weightDecay" | "rate">,
): Transformation =>
  chain(
    clipByNorm(clip),
    direction,
    ...(weightDecay === undefined ? [] : [decayWeights(weightDecay)]),
    scaleByRate(rate),
  );

const betasOf = (
  { beta1, beta2 }: Pick<OptimizerOptions, "beta1" | "beta2">,
  defaults: AdamOptions,
): AdamOptions => ({ ...defaults, beta1: beta1 ?? defaults.beta1, beta2: beta2 ?? defaults.beta2 });

import type { Decays } from "../optim/average.ts";
import {
  adamW,
  muonAndAdamW,
  scheduleFreeAdamW,
  type Optimizer,
  type OptimizerOptions,
} from "../optim/optimizer.ts";
import { learningRate, type LearningRateOptions } from "../optim/schedule.ts";

/** The settings of a training run for optimizers and noise. */
export interface TrainingSettings {
  /** Steps in all. */
  readonly steps: number;
  /** Adam if it is not given. */
  readonly optimizer?: OptimizerName | undefined;
  /** Learning rate after the warm-up, its steps, and how it falls: see `learningRate`. */
  readonly lr: number;
  readonly warmup: number;
  readonly decay: LearningRateOptions["decay"];
  /** See `OptimizerOptions`. */
  readonly beta1?: number | undefined;
  readonly beta2?: number | undefined;
  /** Decoupled weight decay; none if it is not given. */
  readonly weightDecay?: number | undefined;
  /** Largest norm of the gradient. */
  readonly clip: number;
  /**
   * Decay of the weights' moving average per step, or of several, of optimizers that do not average in their own way.
   */
  readonly ema?: Decays | undefined;
  /** Share of features that are dropped. */
  readonly dropout?: number | undefined;
}

/** An optimizer of training runs. */
export interface OptimizerKind {
  /** What people are told about it. */
  readonly about: string;
  /** What its settings are if they are not given. Without `ema` it averages the weights in its own way. */
  readonly defaults: Pick<TrainingSettings, "lr" | "decay"> & { readonly ema?: number };
  of(options: OptimizerOptions): Optimizer;
}

export const OPTIMIZER_NAMES = ["adam", "muon", "schedule-free"] as const;
export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

export const OPTIMIZERS = {
  adam: {
    about: "Adam",
    defaults: { lr: 2e-3, decay: "cosine", ema: 0.999 },
    of: adamW,
  },
  muon: {
    about: "Muon for the weights of hidden layers, Adam for the rest",
    defaults: { lr: 1e-2, decay: "cosine", ema: 0.999 },
    of: muonAndAdamW,
  },
  "schedule-free": {
    about: "Adam with an average in place of a learning rate that falls",
    defaults: { lr: 1e-2, decay: 1 },
    of: scheduleFreeAdamW,
  },
} as const satisfies Readonly<Record<OptimizerName, OptimizerKind>>;

/** The optimizer that a training run asks for, with betas that may change from step to step. */
export const optimizerOf = ({
  optimizer = "adam",
  lr,
  warmup,
  decay,
  steps,
  ...settings
}: Omit<TrainingSettings, "beta1" | "beta2"> & Pick<OptimizerOptions, "beta1" | "beta2">): Optimizer =>
  OPTIMIZERS[optimizer].of({
    ...settings,
    rate: (step) => learningRate({ rate: lr, warmup, decay, steps }, step),
  });

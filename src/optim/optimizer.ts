import { adam, ADAM_DEFAULTS, type AdamOptions } from "./adam.ts";
import { clipByNorm } from "./clip.ts";
import { scaleByRate } from "./schedule.ts";
import { chain, type Schedule, type Transformation } from "./transformation.ts";
import { weightDecay as decayWeights } from "./weight-decay.ts";

/** How the parameters of a part are updated from their gradient. */
export interface Optimizer {
  /** From the gradient to what is subtracted from the parameters. */
  readonly transformation: Transformation;
  /** The learning rate, for reports. */
  readonly rate: Schedule;
  /** Decay per step of the moving average of the parameters: see `averageDecay`. */
  readonly ema: number;
}

export interface AdamWOptions extends Partial<AdamOptions> {
  readonly rate: Schedule;
  /** Largest norm of the gradient. */
  readonly clip: number;
  /** Decoupled weight decay; none if it is not given. */
  readonly weightDecay?: Schedule | undefined;
  readonly ema: number;
}

/** Clipping, Adam, weight decay if it is given, the learning rate, and an average of the weights. */
export function adamW({ rate, clip, weightDecay, ema, ...betas }: AdamWOptions): Optimizer {
  const decay = weightDecay === undefined ? [] : [decayWeights(weightDecay)];
  return {
    transformation: chain(
      clipByNorm(clip),
      adam({ ...ADAM_DEFAULTS, ...betas }),
      ...decay,
      scaleByRate(rate),
    ),
    rate,
    ema,
  };
}

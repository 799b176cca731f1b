import { COMPONENTS, LOG_SCALES, startOfChannel } from "./logistic-mixture-layout.ts";

/**
 * The masses of the levels of a pixel's channel, up to a common factor, given the levels of the channels before it:
 * the components' masses, weighted by the components' probabilities given those earlier levels.
 */
export function massesOfMixture(
  logits: ArrayLike<number>,
  temperature: number,
  earlier: ArrayLike<number>,
  levels: number,
): Float64Array {
  const places = Array.from(earlier, (level) => placeOf(level, levels));
  const joint = Array.from({ length: COMPONENTS }, (_, k) =>
    places.reduce(
      (total, _place, c) =>
        total + logMass(earlier[c]!, levels, logisticOf(logits, k, places.slice(0, c), temperature)),
      logits[k]! / temperature,
    ),
  );
  const largest = Math.max(...joint);
  const components = joint.map((value, k) => ({
    weight: Math.exp(value - largest),
    logistic: logisticOf(logits, k, places, temperature),
  }));
  return Float64Array.from({ length: levels }, (_, level) =>
    components.reduce(
      (mass, { weight, logistic }) => mass + weight * Math.exp(logMass(level, levels, logistic)),
      0,
    ),
  );
}

interface Logistic {
  readonly mean: number;
  readonly scale: number;
}

/** The logistic distribution of a component for the channel after those that lie at `earlier`. */
function logisticOf(
  logits: ArrayLike<number>,
  k: number,
  earlier: readonly number[],
  temperature: number,
): Logistic {
  const part = (i: number) => logits[startOfChannel(earlier.length) + i * COMPONENTS + k]!;
  const logScale = Math.min(Math.max(part(1), LOG_SCALES.least), LOG_SCALES.largest);
  return {
    mean: earlier.reduce((mean, place, i) => mean + Math.tanh(part(2 + i)) * place, part(0)),
    scale: Math.exp(logScale) * temperature,
  };
}

/** Where a level lies in [-1, 1]. */
const placeOf = (level: number, levels: number): number => (2 * level) / (levels - 1) - 1;

/** The logarithm of a bin's mass; `logMass` in `logistic-mixture.ts` derives the formula. */
function logMass(level: number, levels: number, { mean, scale }: Logistic): number {
  const middle = (placeOf(level, levels) - mean) / scale;
  const h = 1 / ((levels - 1) * scale);
  if (level === 0) return logSigmoid(middle + h);
  if (level === levels - 1) return logSigmoid(h - middle);
  const [nearer, farther] = [Math.abs(middle) - h, Math.abs(middle) + h];
  return logSigmoid(-nearer) + logSigmoid(farther) + Math.log(-Math.expm1(-2 * h));
}

/** log(1 / (1 + e^-x)) */
const logSigmoid = (x: number): number => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

import { COMPONENTS, LOG_SCALES, startOfChannel } from "./logistic-mixture-layout.ts";

/**
 * The level that a uniform number in (0, 1) draws for the channel of a pixel that comes after those of the `earlier` levels: the
 * first at which the distribution function, given them, exceeds it.
 */
export function drawFromMixture(
  logits: ArrayLike<number>,
  uniform: number,
  temperature: number,
  earlier: ArrayLike<number>,
  levels: number,
): number {
  const places = Array.from(earlier, (level) => placeOf(level, levels));
  const joint = Array.from({ length: COMPONENTS }, (_, k) =>
    places.reduce(
      (total, _place, c) =>
        total + logMass(earlier[c]!, levels, logisticOf(logits, k, places.slice(0, c), temperature)),
      logits[k]! / temperature,
    ),
  );
  const largest = Math.max(...joint);
  const weights = joint.map((value) => Math.exp(value - largest));
  const threshold = uniform * weights.reduce((total, weight) => total + weight, 0);
  const logistics = weights.map((_, k) => logisticOf(logits, k, places, temperature));
  const isAbove = (level: number) => {
    const edge = placeOf(level + 0.5, levels);
    return weights.reduce((sum, w, k) => sum + w * below(edge, logistics[k]!), 0) > threshold;
  };
  let level = 0;
  while (level < levels - 1 && !isAbove(level)) level++;
  return level;
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

const below = (edge: number, { mean, scale }: Logistic): number => 1 / (1 + Math.exp((mean - edge) / scale));

/** The logarithm of a bin's mass, as `logMass` of `logistic-mixture.ts` has it. */
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

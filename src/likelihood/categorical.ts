import { constant, equal, logSumExp, mul, reshape, sub, sum } from "../graph/language.ts";
import type { Likelihood } from "./likelihood.ts";

/** Any distribution over `levels` levels: p = softmax(logits) (van den Oord et al. 2016, section 3.5). */
export function categorical(levels: number): Likelihood {
  return {
    name: "categorical",
    kernel: "categorical",
    logits: (channels) => channels * levels,
    groups: (channels) => channels,
    // -log p(x) = log(sum over k of e^(l_k)) - l_x
    nats(logits, pictures) {
      const [batch, channels, rows, cols] = pictures.shape as [number, number, number, number];
      const perLevel = reshape(logits, [batch, channels, levels, rows, cols]);
      const logSum = logSumExp(perLevel, [2]);
      const level = constant(
        Float64Array.from({ length: levels }, (_, k) => k),
        [1, 1, levels, 1, 1],
      );
      const isLevel = equal(reshape(pictures, [batch, channels, 1, rows, cols]), level);
      return reshape(sub(logSum, sum(mul(perLevel, isLevel), [2])), pictures.shape);
    },
    masses(logits, temperature) {
      const masses = new Float64Array(logits);
      const largest = masses.reduce((most, logit) => Math.max(most, logit));
      return masses.map((logit) => Math.exp((logit - largest) / temperature));
    },
  };
}

import {
  add,
  constant,
  equal,
  exp,
  log,
  max,
  mul,
  reshape,
  stopGradient,
  sub,
  sum,
} from "../graph/language.ts";
import type { Likelihood } from "./likelihood.ts";

/** Any distribution over `levels` levels: p = softmax(logits) (van den Oord et al. 2016, section 3.5). */
export function categorical(levels: number): Likelihood {
  return {
    name: "categorical",
    logits: (channels) => channels * levels,
    groups: (channels) => channels,
    // -log p(x) = log(sum over k of e^(l_k)) - l_x, with the largest logit taken out so that nothing overflows
    nats(logits, pictures) {
      const [batch, channels, rows, cols] = pictures.shape as [number, number, number, number];
      const perLevel = reshape(logits, [batch, channels, levels, rows, cols]);
      const largest = stopGradient(max(perLevel, [2]));
      const logSum = add(log(sum(exp(sub(perLevel, largest)), [2])), largest);
      const level = constant(
        Float64Array.from({ length: levels }, (_, k) => k),
        [1, 1, levels, 1, 1],
      );
      const isLevel = equal(reshape(pictures, [batch, channels, 1, rows, cols]), level);
      return reshape(sub(logSum, sum(mul(perLevel, isLevel), [2])), pictures.shape);
    },
    draw(logits, uniform, temperature) {
      const largest = Math.max(...Array.from(logits));
      const weights = Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
      const threshold = uniform * weights.reduce((total, weight) => total + weight, 0);
      let cumulative = 0;
      const level = weights.findIndex((weight) => (cumulative += weight) > threshold);
      return level >= 0 ? level : levels - 1;
    },
  };
}

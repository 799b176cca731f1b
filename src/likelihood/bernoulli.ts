import { abs, log, mul, relu, sigmoid, sub } from "../graph/language.ts";
import type { Likelihood } from "./likelihood.ts";

/** Binary pictures: p(1) = sigmoid(logit). */
export const bernoulli: Likelihood = {
  name: "bernoulli",
  kernel: "bernoulli",
  logits: (channels) => channels,
  groups: (channels) => channels,
  // -log p(x) = log(1 + e^l) - x l, and log(1 + e^l) = max(l, 0) - log sigmoid(|l|), which cannot overflow
  nats: (logits, pictures) => sub(sub(relu(logits), log(sigmoid(abs(logits)))), mul(pictures, logits)),
  masses: (logits, temperature) => {
    const scaled = logits[0]! / temperature;
    return [1 / (1 + Math.exp(scaled)), 1 / (1 + Math.exp(-scaled))];
  },
};

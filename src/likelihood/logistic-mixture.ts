import {
  abs,
  add,
  concat,
  div,
  equal,
  exp,
  log,
  logSumExp,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  sigmoid,
  slice,
  sub,
  tanh,
  where,
} from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import type { Likelihood } from "./likelihood.ts";
import { massesOfMixture } from "./logistic-mixture-masses.ts";
import { COMPONENTS, LOG_SCALES, startOfChannel } from "./logistic-mixture-layout.ts";

/**
 * The mixture of discretised logistic distributions of PixelCNN++ (Salimans, Karpathy, Chen, Kingma 2017, section 2.1
 * and 2.2): any number of levels, a few logits for each pixel. A component is shared by the colours of a pixel; the
 * mean of a colour moves with the colours before it, so that a network need not keep them apart. The temperature T
 * divides the logits of the mixture's weights and multiplies the scales.
 *
 * Departure: the mass of a bin is computed exactly, however small it is, where the paper takes the density in its
 * middle.
 */
export function logisticMixture(levels: number): Likelihood {
  return {
    name: "logistic-mixture",
    kernel: "logisticMixture",
    logits: startOfChannel,
    groups: () => 1,
    // -log p(colour | those before it): the joint probabilities of the colours, added up over the components, divided.
    nats(logits, pictures) {
      const channels = pictures.shape[1]!;
      const place = sub(mul(pictures, 2 / (levels - 1)), 1);
      const outward = sub(equal(pictures, levels - 1), equal(pictures, 0));
      const places = Array.from({ length: channels }, (_, c) => slice(place, 1, c, c + 1));
      let joint = slice(logits, 1, 0, COMPONENTS); // log w_k but for a number that is the same for all components
      let total = logSumExp(joint, [1]);
      const nats = places.map((own, c) => {
        const { mean, logScale } = component(logits, places.slice(0, c));
        joint = add(joint, logMass(own, slice(outward, 1, c, c + 1), mean, logScale, 1 / (levels - 1)));
        const before = total;
        total = logSumExp(joint, [1]);
        return sub(before, total);
      });
      return concat(nats, 1);
    },
    masses: (logits, temperature, earlier) => massesOfMixture(logits, temperature, earlier, levels),
  };
}

/** The means and the log-scales of all components, [batch, components, rows, cols], given the earlier colours. */
function component(logits: Node, earlier: readonly Node[]): { mean: Node; logScale: Node } {
  const start = startOfChannel(earlier.length);
  const part = (i: number) => slice(logits, 1, start + i * COMPONENTS, start + (i + 1) * COMPONENTS);
  const mean = earlier.reduce((found, place, i) => add(found, mul(tanh(part(2 + i)), place)), part(0));
  return { mean, logScale: minimum(maximum(part(1), LOG_SCALES.least), LOG_SCALES.largest) };
}

/**
 * log(sigmoid(b) - sigmoid(a)) for the edges a < b of a bin, measured in scales from the mean. The middle of the bin
 * is `place` [batch, 1, rows, cols], and it extends by `half` to both sides; where `outward` is -1 or 1 it is the
 * lowest or the highest bin, which is open on that side.
 *
 * It is the tail beyond the nearer edge, at a distance of q, sigmoid(-q), times the bin's share of that tail, which
 * is sigmoid(b) (1 - e^(a - b)) for b > -a, and 1 for an open bin. 1 - e^(-2h) = 2 tanh(h) / (1 + tanh(h)) keeps its
 * digits for any h. Nothing here is a small difference of large numbers, overflows, or is the logarithm of 0.
 */
function logMass(place: Node, outward: Node, mean: Node, logScale: Node, half: number): Node {
  const inverse = exp(neg(logScale));
  const h = mul(half, inverse);
  const middle = mul(sub(place, mean), inverse);
  const distance = where(outward, mul(middle, outward), abs(middle));
  const q = sub(distance, h);
  const t = tanh(h);
  const share = where(outward, 1, mul(sigmoid(add(distance, h)), div(mul(2, t), add(1, t))));
  // log sigmoid(-q) = log sigmoid(|q|) - max(q, 0)
  return sub(log(mul(sigmoid(abs(q)), share)), relu(q));
}

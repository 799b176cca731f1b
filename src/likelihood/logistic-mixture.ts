import { add, concat, logSumExp, maximum, minimum, mul, slice, sub, tanh } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { binsOf, logMass } from "./discretised-logistic.ts";
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
      const { place, outward, half } = binsOf(pictures, levels);
      const places = channelsOf(place);
      let joint = slice(logits, 1, 0, COMPONENTS); // log w_k but for a number that is the same for all components
      let total = logSumExp(joint, [1]);
      const nats = places.map((own, c) => {
        const { mean, logScale } = component(logits, places.slice(0, c));
        joint = add(joint, logMass(own, slice(outward, 1, c, c + 1), mean, logScale, half));
        const before = total;
        total = logSumExp(joint, [1]);
        return sub(before, total);
      });
      return concat(nats, 1);
    },
    // The mean of a colour moves with how the colours before it differ from their places.
    around(logits, places) {
      const moved = channelsOf(places).flatMap((own, c, all) => {
        const part = partsOf(logits, c);
        const mean = all
          .slice(0, c)
          .reduce((found, place, i) => sub(found, mul(tanh(part(2 + i)), place)), add(part(0), own));
        return [mean, slice(logits, 1, startOfChannel(c) + COMPONENTS, startOfChannel(c + 1))];
      });
      return concat([slice(logits, 1, 0, COMPONENTS), ...moved], 1);
    },
    masses: (logits, temperature, earlier) => massesOfMixture(logits, temperature, earlier, levels),
  };
}

/** [batch, channels, rows, cols] as its channels, each [batch, 1, rows, cols]. */
const channelsOf = (x: Node): Node[] => Array.from({ length: x.shape[1]! }, (_, c) => slice(x, 1, c, c + 1));

/** Of a channel's logits, for all components: means (0), log-scales (1), coefficients of earlier colours (2, ..). */
const partsOf =
  (logits: Node, channel: number) =>
  (i: number): Node => {
    const start = startOfChannel(channel) + i * COMPONENTS;
    return slice(logits, 1, start, start + COMPONENTS);
  };

/** The means and the log-scales of all components, [batch, components, rows, cols], given the earlier colours. */
function component(logits: Node, earlier: readonly Node[]): { mean: Node; logScale: Node } {
  const part = partsOf(logits, earlier.length);
  const mean = earlier.reduce((found, place, i) => add(found, mul(tanh(part(2 + i)), place)), part(0));
  return { mean, logScale: minimum(maximum(part(1), LOG_SCALES.least), LOG_SCALES.largest) };
}

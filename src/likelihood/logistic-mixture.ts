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
      const channels = pictures.shape[1]!;
      const { place, outward, half } = binsOf(pictures, levels);
      const places = Array.from({ length: channels }, (_, c) => slice(place, 1, c, c + 1));
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
      const channels = places.shape[1]!;
      const part = (i: number, count = 1) => slice(logits, 1, i * COMPONENTS, (i + count) * COMPONENTS);
      const moved = Array.from({ length: channels }, (_, c) => {
        const start = startOfChannel(c) / COMPONENTS;
        const place = (channel: number) => slice(places, 1, channel, channel + 1);
        let mean = add(part(start), place(c));
        for (let i = 0; i < c; i++) mean = sub(mean, mul(tanh(part(start + 2 + i)), place(i)));
        return [mean, part(start + 1, 1 + c)];
      });
      return concat([part(0), ...moved.flat()], 1);
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

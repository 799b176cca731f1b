import { add, relu, shift } from "../src/graph/language.ts";
import { biasedConv } from "../src/nn/biased-conv.ts";
import { gate } from "../src/nn/gate.ts";
import type { BuildLogits } from "../src/programs/network.ts";

export interface GatedStackConfig {
  readonly width: number;
  readonly depth: number;
  readonly head: number;
}

/**
 * The two stacks of Gated PixelCNN (van den Oord et al. 2016) on pictures of one channel: the same network, layer for
 * layer, as `GatedPixelCNN` in pytorch_train.py. Row r of the vertical stack has seen rows r-3 .. r-1 from the first
 * layer on, so the link to the horizontal stack needs no shift.
 */
export const gatedStack =
  ({ width: p, depth, head }: GatedStackConfig): BuildLogits =>
  (scope, x, outputs) => {
    let v = biasedConv(scope.at("vertical"), shift(x, 1, 0), p, [3, 7], {
      pad: { top: 2, left: 3, right: 3 },
    });
    let h = biasedConv(scope.at("horizontal"), shift(x, 0, 1), p, [1, 3], { pad: { left: 2 } });
    for (let i = 0; i < depth; i++) {
      const block = scope.at(`block${i}`);
      const above = biasedConv(block.at("vertical"), v, 2 * p, [2, 3], {
        pad: { top: 1, left: 1, right: 1 },
      });
      const beside = biasedConv(block.at("horizontal"), h, 2 * p, [1, 2], { pad: { left: 1 } });
      const gated = gate(add(beside, biasedConv(block.at("link"), above, 2 * p, [1, 1])));
      h = add(h, biasedConv(block.at("out"), gated, p, [1, 1]));
      v = gate(above);
    }
    const features = biasedConv(scope.at("head"), relu(h), head, [1, 1]);
    return biasedConv(scope.at("logits"), relu(features), outputs, [1, 1]);
  };

import { add, elu } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { biasedConv } from "./biased-conv.ts";
import { GAIN_AFTER_ELU } from "./nonlinearity.ts";
import type { Scope } from "./scope.ts";

/**
 * A residual block, x + conv(ELU(conv(ELU(x)))), with kernels of 3x3 (K. He et al. 2016, "Identity mappings"). Its
 * second convolution begins small, so that the sum of many blocks does not grow: `blocks` is how many there are. The taps
 * of the kernels lie `dilation` positions apart.
 */
export function residualBlock(scope: Scope, x: Node, blocks: number, dilation = 1): Node {
  const maps = x.shape[1]!;
  const layer = (name: string, from: Node, gain: number) =>
    biasedConv(scope.at(name), elu(from), maps, [3, 3], {
      pad: { top: dilation, left: dilation, bottom: dilation, right: dilation },
      dilation: [dilation, dilation],
      gain,
    });
  const inner = layer("first", x, GAIN_AFTER_ELU);
  const outer = layer("second", inner, GAIN_AFTER_ELU / (4 * blocks));
  return named(add(x, outer), scope.path);
}

/** So many residual blocks one after the other, of `inAll` in the network. */
export function residualBlocks(scope: Scope, x: Node, count: number, inAll: number): Node {
  let features = x;
  for (let i = 1; i <= count; i++) features = residualBlock(scope.at(`block${i}`), features, inAll);
  return features;
}

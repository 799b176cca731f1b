import { mul, sigmoid, slice, tanh } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/** The gated activation of Gated PixelCNN (van den Oord et al. 2016, equation 2): [.., 2p, ..] -> [.., p, ..]. */
export function gate(x: Node): Node {
  const p = x.shape[1]! / 2;
  return mul(tanh(slice(x, 1, 0, p)), sigmoid(slice(x, 1, p, 2 * p)));
}

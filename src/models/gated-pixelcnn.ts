import { expected } from "../basics/errors.ts";
import { add, relu, shift } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { biasedConv } from "../nn/biased-conv.ts";
import { causalConv } from "../nn/causal-conv.ts";
import { conditionBias } from "../nn/condition-bias.ts";
import { gate } from "../nn/gate.ts";
import type { Scope } from "../nn/scope.ts";
import type { AutoregressiveModel, NetworkContext } from "./model.ts";

/**
 * Gated PixelCNN: A. van den Oord, N. Kalchbrenner, O. Vinyals, L. Espeholt, A. Graves, K. Kavukcuoglu, "Conditional
 * Image Generation with PixelCNN Decoders", NIPS 2016, sections 2.1 to 2.3, figures 1 and 2.
 *
 * Two stacks instead of one masked kernel. The vertical stack sees all rows above. The horizontal stack sees what is to
 * the left in the same row, and reads the features of the vertical stack. So there is no blind spot (`nextpixel info
 * --model gated-pixelcnn` draws the receptive field).
 *
 * Departures: Muon or Adam instead of RMSProp. Of the paper's masked n x n vertical kernels only the rows that the mask
 * leaves are kept, and the shift down is done once, on the picture.
 */
export type GatedPixelCnnConfig = {
  /** p: feature maps of each stack. Paper: 384 for ImageNet. */
  readonly width: number;
  /** Layers after the first one. Paper: 20 in all. */
  readonly depth: number;
  /** n of the layers after the first one, which has 7; odd. Paper: 5. */
  readonly kernel: number;
  /** Feature maps of the 1 x 1 layer of the head. */
  readonly head: number;
};

const FIRST_KERNEL = 7;

export const gatedPixelcnn: AutoregressiveModel<GatedPixelCnnConfig> = {
  family: "autoregressive",
  name: "gated-pixelcnn",
  defaults: { width: 32, depth: 7, kernel: 3, head: 32 },
  presets: {
    // Ten layers, as public implementations have them for MNIST.
    mnist: { width: 128, depth: 9, kernel: 3, head: 32 },
    // The paper does not give the width of its head: this is that of PixelCNN for coloured pictures.
    "paper-imagenet": { width: 384, depth: 19, kernel: 5, head: 1024 },
  },

  network(scope, x, { width: p, depth, kernel, head }, { outputs, ...context }) {
    if (kernel % 2 === 0) throw expected("ARGUMENT", "an odd number", "the kernel", kernel);
    // x: [batch, colours, rows, cols] in [-1, 1]. Row r of v has seen rows before r only: v starts from the row above.
    const { groups } = context;
    let { v, h } = layer(scope.at("first"), { v: shift(x, 1, 0), h: x }, p, FIRST_KERNEL, context, "first");
    for (let i = 0; i < depth; i++) {
      const place = i === depth - 1 ? "last" : "inner";
      ({ v, h } = layer(scope.at(`layer${i}`), { v, h }, p, kernel, context, place));
    }
    const pointConv = (at: Scope, features: Node, maps: number): Node =>
      causalConv(at, relu(features), { outputs: maps, kernel: 1, mask: "B", groups, gain: 2 });
    const features = pointConv(scope.at("head"), h, head); // [.., head, ..]
    return pointConv(scope.at("logits"), features, outputs); // [.., outputs, ..]
  },
};

interface Stacks {
  readonly v: Node;
  readonly h: Node;
}

/** Figure 2: one layer of both stacks, each to p maps. In the first, the horizontal one has mask A and no residual. */
function layer(
  scope: Scope,
  { v, h }: Stacks,
  p: number,
  n: number,
  { groups, ...condition }: Omit<NetworkContext, "outputs">,
  place: "first" | "inner" | "last",
): Stacks {
  const isFirst = place === "first";
  const side = (n - 1) / 2;
  // Of n rows, those down to the current one. The first layer reads a shifted picture, without the current row.
  const rows = isFirst ? side : side + 1;
  const above = biasedConv(scope.at("vertical"), v, 2 * p, [rows, n], {
    pad: {
      top: rows - 1,
      left: side,
      right: side,
    },
  }); // [.., 2p, ..]
  const beside = causalConv(scope.at("horizontal"), h, {
    outputs: 2 * p,
    kernel: n,
    mask: isFirst ? "A" : "B",
    groups,
    isRow: true,
    parts: 2,
  }); // [.., 2p, ..]
  // Equation 4: both halves of the gates of both stacks get the class.
  const conditioned = (stack: string, x: Node) => conditionBias(scope.at(stack), x, condition);
  // The link leaves the vertical stack before its gate.
  const link = biasedConv(scope.at("link"), above, 2 * p, [1, 1]); // [.., 2p, ..]
  const gated = gate(add(beside, conditioned("horizontal", link))); // [.., p, ..]
  const out = causalConv(scope.at("out"), gated, { outputs: p, kernel: 1, mask: "B", groups });
  return {
    // The vertical stack of the last layer is read by its own link only.
    v: place === "last" ? above : gate(conditioned("vertical", above)),
    h: isFirst ? out : named(add(h, out), scope.path),
  };
}

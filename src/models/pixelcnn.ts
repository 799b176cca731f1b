import { add, relu } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { causalConv } from "../nn/causal-conv.ts";
import { conditionBias } from "../nn/condition-bias.ts";
import { head } from "../nn/head.ts";
import type { Scope } from "../nn/scope.ts";
import type { AutoregressiveModel, NetworkContext } from "./model.ts";

/**
 * PixelCNN: A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu, "Pixel Recurrent Neural Networks", ICML 2016, sections
 * 3.3 to 3.5, table 1, figure 5.
 *
 * Its 3 x 3 masked kernels read one column to the right for each row up, so pixels further right stay unseen however
 * deep the network is: the blind spot (`nextpixel info --model pixelcnn` draws it). Larger kernels make it smaller,
 * Gated PixelCNN closes it.
 *
 * Departures: Muon or Adam instead of RMSProp. The paper has no classes: where there are, each class adds a bias to the
 * n x n convolutions, as in Gated PixelCNN.
 */
export type PixelCnnConfig = {
  /** h: feature maps inside a residual block; 2h outside. Paper: 128 for CIFAR-10, 16 for MNIST. */
  readonly width: number;
  /** Residual blocks. Paper: 15 for CIFAR-10, 7 for MNIST. */
  readonly depth: number;
  /** n of the n x n convolutions of the blocks; odd. Paper: 3. */
  readonly kernel: number;
  /** Feature maps of the two 1 x 1 layers of the head. Paper: 1,024 for CIFAR-10, 32 for MNIST. */
  readonly head: number;
};

export const pixelcnn: AutoregressiveModel<PixelCnnConfig> = {
  family: "autoregressive",
  name: "pixelcnn",
  defaults: { width: 32, depth: 7, kernel: 3, head: 64 },
  presets: {
    "paper-mnist": { width: 16, depth: 7, kernel: 3, head: 32 },
    "paper-cifar10": { width: 128, depth: 15, kernel: 3, head: 1024 },
  },

  network(scope, x, { width: h, depth, kernel, head: maps }, { outputs, ...context }) {
    const { groups } = context;
    // x: [batch, colours, rows, cols] in [-1, 1]
    let v = causalConv(scope.at("first"), x, { outputs: 2 * h, kernel: 7, mask: "A", groups }); // [.., 2h, ..]
    for (let i = 0; i < depth; i++) {
      v = residualBlock(scope.at(`block${i}`), v, h, kernel, context); // [.., 2h, ..]
    }
    return head(scope, v, { maps, outputs, groups }); // [.., outputs, ..]
  },
};

/** Figure 5, left: 2h -> h -> h -> 2h, plus the input. */
function residualBlock(
  scope: Scope,
  x: Node,
  h: number,
  kernel: number,
  { groups, ...condition }: Omit<NetworkContext, "outputs">,
): Node {
  const down = pointConv(scope.at("down"), relu(x), h, groups);
  const spatial = causalConv(scope.at("spatial"), relu(down), {
    outputs: h,
    kernel,
    mask: "B",
    groups,
    gain: 2,
  });
  const conditioned = conditionBias(scope.at("spatial"), spatial, condition);
  const up = pointConv(scope.at("up"), relu(conditioned), 2 * h, groups);
  return named(add(x, up), scope.path);
}

/** 1 x 1, mask B. */
const pointConv = (scope: Scope, x: Node, outputs: number, groups: NetworkContext["groups"]): Node =>
  causalConv(scope, x, { outputs, kernel: 1, mask: "B", groups });

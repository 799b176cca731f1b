import { add, conv, recur } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { causalConv } from "../nn/causal-conv.ts";
import { conditionBias } from "../nn/condition-bias.ts";
import { head } from "../nn/head.ts";
import { fanInUniform } from "../nn/initialisers.ts";
import { lstmCell, rowAbove } from "../nn/lstm.ts";
import type { Scope } from "../nn/scope.ts";
import type { AutoregressiveModel, NetworkContext } from "./model.ts";

/**
 * PixelRNN with Row LSTM layers: A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu, "Pixel Recurrent Neural Networks",
 * ICML 2016, sections 3.1 and 3.3 to 3.5, table 1.
 *
 * A row of states is computed from the row above, all columns at once. Each state reads three states of the row above,
 * so a pixel sees a triangle that widens upwards (`nextpixel info --model row-lstm` draws it).
 *
 * Departures: Muon or Adam instead of RMSProp. The paper has no classes: where there are, each class adds a bias to
 * input-to-state.
 */
export type RowLstmConfig = {
  /** h: units of a layer; 2h feature maps between layers. Paper: 128 for CIFAR-10. */
  readonly width: number;
  /** LSTM layers. Paper: 12 for CIFAR-10. */
  readonly depth: number;
  /** Feature maps of the two 1 x 1 layers of the head. Paper: 1,024 for CIFAR-10, 32 for MNIST. */
  readonly head: number;
};

export const rowLstm: AutoregressiveModel<RowLstmConfig> = {
  family: "autoregressive",
  name: "row-lstm",
  defaults: { width: 32, depth: 3, head: 32 },
  presets: {
    "paper-cifar10": { width: 128, depth: 12, head: 1024 },
  },

  network(scope, x, { width: h, depth, head: maps }, { outputs, ...context }) {
    const { groups } = context;
    // x: [batch, colours, rows, cols] in [-1, 1]
    let v = causalConv(scope.at("first"), x, { outputs: 2 * h, kernel: 7, mask: "A", groups }); // [.., 2h, ..]
    for (let i = 0; i < depth; i++) v = layer(scope.at(`layer${i}`), v, h, context); // [.., 2h, ..]
    return head(scope, v, { maps, outputs, groups }); // [.., outputs, ..]
  },
};

/** Figure 5, right: an LSTM layer 2h -> h, then 1 x 1 to 2h, plus the input. */
function layer(
  scope: Scope,
  x: Node,
  h: number,
  { groups, ...condition }: Omit<NetworkContext, "outputs">,
): Node {
  const inputToState = conditionBias(
    scope,
    causalConv(scope.at("input"), x, { outputs: 4 * h, kernel: 3, mask: "B", groups, isRow: true, parts: 4 }),
    condition,
  ); // [.., 4h, ..]
  const weights = scope.at("state").parameter("weight", [4 * h, h, 1, 3], fanInUniform(3 * h));
  const shape = x.shape.with(1, h);
  const [, hidden] = recur([shape, shape], ([c, state]) => {
    const above = rowAbove(scope.at("state"), state!);
    // All of the row above is earlier, so nothing is masked.
    const stateToState = conv(above, weights, { pad: { left: 1, right: 1 }, name: scope.at("state").path });
    return lstmCell(add(inputToState, stateToState), rowAbove(scope.at("cell"), c!));
  });
  const up = causalConv(scope.at("out"), hidden!, { outputs: 2 * h, kernel: 1, mask: "B", groups });
  return named(add(x, up), scope.path);
}

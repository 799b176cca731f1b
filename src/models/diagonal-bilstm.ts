import { add, concat, conv, recur, shift } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { causalConv } from "../nn/causal-conv.ts";
import { conditionBias } from "../nn/condition-bias.ts";
import { head } from "../nn/head.ts";
import { fanInUniform } from "../nn/initialisers.ts";
import { lstmCell } from "../nn/lstm.ts";
import type { Scope } from "../nn/scope.ts";
import type { AutoregressiveModel, NetworkContext } from "./model.ts";

/**
 * PixelRNN with Diagonal BiLSTM layers: A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu, "Pixel Recurrent Neural
 * Networks", ICML 2016, sections 3.2 to 3.5, figure 3, table 1.
 *
 * One LSTM runs from the top left corner, one from the top right; together they see all earlier pixels. Each reads the
 * state above and the state beside. The paper skews the map for that; here the order of computation is found from what
 * is read (`orderOf`).
 *
 * Departures: Muon or Adam instead of RMSProp. The paper has no classes: where there are, each class adds a bias to
 * input-to-state.
 */
export type DiagonalBilstmConfig = {
  /** h: units of each direction of a layer; 2h feature maps between layers. Paper: 128 for CIFAR-10, 16 for MNIST. */
  readonly width: number;
  /** LSTM layers. Paper: 12 for CIFAR-10, 7 for MNIST. */
  readonly depth: number;
  /** Feature maps of the two 1 x 1 layers of the head. Paper: 1,024 for CIFAR-10, 32 for MNIST. */
  readonly head: number;
};

export const diagonalBilstm: AutoregressiveModel<DiagonalBilstmConfig> = {
  family: "autoregressive",
  name: "diagonal-bilstm",
  defaults: { width: 16, depth: 3, head: 32 },
  presets: {
    "paper-mnist": { width: 16, depth: 7, head: 32 },
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

/** Two LSTMs 2h -> h, then 1 x 1 to 2h, plus the input. */
function layer(scope: Scope, x: Node, h: number, context: Omit<NetworkContext, "outputs">): Node {
  const fromLeft = diagonalLstm(scope.at("left"), x, h, 1, context);
  // It has seen the pixels to the right in its own row. One row further down, all of them are earlier.
  const fromRight = shift(diagonalLstm(scope.at("right"), x, h, -1, context), 1, 0);
  const hidden = add(fromLeft, fromRight); // [.., h, ..]
  const up = causalConv(scope.at("out"), hidden, {
    outputs: 2 * h,
    kernel: 1,
    mask: "B",
    groups: context.groups,
  });
  return named(add(x, up), scope.path);
}

/** Figure 3: a state is made of the one above and the one beside it, to the left (cols = 1) or to the right (-1). */
function diagonalLstm(
  scope: Scope,
  x: Node,
  h: number,
  cols: 1 | -1,
  { groups, ...condition }: Omit<NetworkContext, "outputs">,
): Node {
  const inputToState = conditionBias(
    scope,
    causalConv(scope.at("input"), x, { outputs: 4 * h, kernel: 1, mask: "B", groups, parts: 4 }),
    condition,
  ); // [.., 4h, ..]
  const weights = scope.at("state").parameter("weight", [4 * h, 2 * h, 1, 1], fanInUniform(2 * h));
  const shape = x.shape.with(1, h);
  const [, hidden] = recur([shape, shape], ([c, state]) => {
    // Both are earlier pixels, of which all colours are known: nothing is masked.
    const neighbours = concat([shift(state!, 1, 0), shift(state!, 0, cols)], 1);
    const stateToState = conv(neighbours, weights, { name: scope.at("state").path });
    return lstmCell(add(inputToState, stateToState), shift(c!, 0, cols));
  });
  return hidden!;
}

import { attentionGradients } from "../graph/attention.ts";
import * as g from "../graph/language.ts";
import { type Node, makeNode } from "../graph/node.ts";
import type { Attributes, ConvAttributes, Primitive, Shape } from "../graph/primitives.ts";

// Vector-Jacobian products. For y = f(a, b, ..) and the derivative dy of the loss with respect to y, a rule returns
// the derivatives with respect to a, b, .. ; undefined where there is none. `node` is y itself: rules may use it.

export type Vjp<P extends Primitive> = (dy: Node, node: Node<P>) => readonly (Node | undefined)[];

/** dy summed over the axes along which an operand of the given shape was repeated. */
function unbroadcast(dy: Node, shape: Shape): Node {
  const added = dy.shape.length - shape.length;
  const axes = dy.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < added || (shape[axis - added] === 1 && dy.shape[axis] !== 1));
  return g.reshape(g.sum(dy, axes), shape);
}

/** Derivatives of a pointwise function of two operands: each summed back to its operand's shape. */
const pointwise =
  (rule: (dy: Node, a: Node, b: Node, y: Node) => [Node, Node]) =>
  (dy: Node, node: Node): [Node, Node] => {
    const [a, b] = node.inputs as [Node, Node];
    const [da, db] = rule(dy, a, b, node);
    return [unbroadcast(da, a.shape), unbroadcast(db, b.shape)];
  };

/** All of dy goes to the larger operand (or to the smaller one). */
const chosen = (firstIsChosen: (a: Node, b: Node) => Node) =>
  pointwise((dy, a, b) => {
    const first = firstIsChosen(a, b);
    return [g.where(first, dy, 0), g.where(first, 0, dy)];
  });

const none = () => [];

export const vjpRules: { readonly [P in Exclude<Primitive, "recur">]: Vjp<P> } = {
  input: none,
  parameter: none,
  constant: none,
  state: none,
  stopGradient: none,
  // y is a step function: its derivative is 0 wherever it has one
  round: none,
  equal: none,
  greater: none,

  // d(-x) = -dx
  neg: (dy) => [g.neg(dy)],
  // d exp(x) = exp(x) dx
  exp: (dy, y) => [g.mul(dy, y)],
  // d log(x) = dx / x
  log: (dy, { inputs: [x] }) => [g.div(dy, x!)],
  // d sqrt(x) = dx / (2 sqrt(x))
  sqrt: (dy, y) => [g.div(dy, g.mul(2, y))],
  // d |x| = sign(x) dx
  abs: (dy, { inputs: [x] }) => [g.mul(dy, g.sub(g.greater(x!, 0), g.greater(0, x!)))],
  // d tanh(x) = (1 - tanh(x)^2) dx
  tanh: (dy, y) => [g.mul(dy, g.sub(1, g.mul(y, y)))],
  // d s(x) = s(x) (1 - s(x)) dx
  sigmoid: (dy, y) => [g.mul(dy, g.mul(y, g.sub(1, y)))],
  // d relu(x) = [x > 0] dx
  relu: (dy, y) => [g.mul(dy, g.greater(y, 0))],
  // d elu(x) = e^min(x, 0) dx
  elu: (dy, { inputs: [x] }) => [g.mul(dy, g.exp(g.minimum(x!, 0)))],

  // d(a + b) = da + db
  add: pointwise((dy) => [dy, dy]),
  // d(a - b) = da - db
  sub: pointwise((dy) => [dy, g.neg(dy)]),
  // d(a b) = b da + a db
  mul: pointwise((dy, a, b) => [g.mul(dy, b), g.mul(dy, a)]),
  // d(a / b) = da / b - (a / b) db / b
  div: pointwise((dy, _, b, y) => [g.div(dy, b), g.neg(g.div(g.mul(dy, y), b))]),
  maximum: chosen((a, b) => g.greater(a, b)),
  minimum: chosen((a, b) => g.greater(b, a)),
  // d(c ? a : b) = c ? da : db
  where: (dy, { inputs: [condition, a, b] }) => [
    undefined,
    unbroadcast(g.where(condition!, dy, 0), a!.shape),
    unbroadcast(g.where(condition!, 0, dy), b!.shape),
  ],

  // Layout is linear: each rule moves the elements back.
  reshape: (dy, { inputs: [x] }) => [g.reshape(dy, x!.shape)],
  transpose: (dy, { attributes: { permutation } }) => [
    g.transpose(
      dy,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  broadcast: (dy, { inputs: [x] }) => [unbroadcast(dy, x!.shape)],
  slice: (dy, { inputs: [x], attributes: { axis, start, end } }) => [
    g.pad(dy, axis, start, x!.shape[axis]! - end),
  ],
  pad: (dy, { inputs: [x], attributes: { axis, before } }) => [
    g.slice(dy, axis, before, before + x!.shape[axis]!),
  ],
  concat: (dy, { inputs, attributes: { axis } }) => {
    let start = 0;
    return inputs.map(({ shape }) => g.slice(dy, axis, start, (start += shape[axis]!)));
  },

  sum: (dy, { inputs: [x] }) => [g.broadcast(dy, x!.shape)],
  // equally large elements share dy
  max: (dy, y) => {
    const [x] = y.inputs as [Node];
    const largest = g.equal(x, y);
    return [g.mul(g.div(dy, g.sum(largest, y.attributes.axes)), largest)];
  },

  // for p = softmax(x): dp = p (dx - sum of p dx)
  softmax: (dy, y) => {
    const weighted = g.mul(dy, y);
    return [g.sub(weighted, g.mul(y, g.sum(weighted, [y.shape.length - 1])))];
  },
  attend: attentionGradients,

  // out[r] = in[r - k], so din[r] = dout[r + k]
  shift: (dy, { attributes: { rows, cols } }) => [g.shift(dy, -rows, -cols)],
  // The three are the three ways to contract x, w and dy with one kernel: each is linear in its two operands, and
  // the derivative for one operand is one of the other two.
  conv: (dy, { inputs: [x, w], attributes }) => [
    inputGradient(dy, w!, attributes, x!),
    weightGradient(x!, dy, attributes, w!),
  ],
  convTranspose: (dx, { inputs: [dy, w], attributes }) => [
    convolve(dx, w!, attributes),
    weightGradient(dx, dy!, attributes, w!),
  ],
  convWeightGradient: (dw, { inputs: [x, dy], attributes }) => [
    inputGradient(dy!, dw, attributes, x!),
    convolve(x!, dw, attributes),
  ],

  // d(A B) = dA B + A dB
  matmul: (dy, { inputs: [a, b] }) => [
    unbroadcast(g.matmul(dy, g.transposeLastTwo(b!)), a!.shape),
    unbroadcast(g.matmul(g.transposeLastTwo(a!), dy), b!.shape),
  ],
};

const geometry = ({ pad, stride, dilation, mask }: ConvAttributes): ConvAttributes => ({
  pad,
  stride,
  dilation,
  mask,
});

const convolve = (x: Node, w: Node, a: ConvAttributes) => makeNode("conv", [x, w], geometry(a));

const inputGradient = (dy: Node, w: Node, a: ConvAttributes, x: Node): Node => {
  const size: Attributes["convTranspose"]["size"] = [x.shape[2]!, x.shape[3]!];
  return makeNode("convTranspose", [dy, w], { ...geometry(a), size });
};

const weightGradient = (x: Node, dy: Node, a: ConvAttributes, w: Node): Node => {
  const kernel: Attributes["convWeightGradient"]["kernel"] = [w.shape[2]!, w.shape[3]!];
  return makeNode("convWeightGradient", [x, dy], { ...geometry(a), kernel });
};

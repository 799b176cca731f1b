import { isSameStride, strideOf, type Lattice, type Stride } from "./lattice.ts";
import { is, type Node } from "./node.ts";
import { everyPointwise } from "./pointwise.ts";
import type { Primitive } from "./primitives.ts";

/**
 * A channel of a node at (r, c) of the picture reads a channel of one of its inputs at (r + rows, c + cols), if (r, c)
 * is in the lattice `at`. All are rows and columns of the picture, whatever the strides of node and input are.
 */
export interface Read {
  readonly input: number;
  readonly channel: number;
  readonly rows: number;
  readonly cols: number;
  readonly at: Lattice;
}

/** All that one channel of a node reads. */
export type Reads = readonly Read[];

/**
 * What an interpreter knows of each channel of an input, compared by identity: what it depends on, when it is known. A
 * single entry holds for all channels.
 */
export type ChannelKinds = readonly unknown[];

/**
 * A read as a rule tells it: in rows and columns of the node itself, and of its input where that has smaller strides;
 * at the positions of the node whose row and column are `phase` modulo the attribute `stride`, or all.
 */
type RuleRead = Omit<Read, "at"> & { readonly phase?: Lattice["phase"] };

/**
 * What each channel of a node reads, if node and inputs are fields on the picture's grid (an input that does not
 * depend on the picture may have any shape); undefined: more than can be told. Channels that read the same share one
 * list, and of input channels of one kind (`inputs` tells) one stands for all.
 */
type ReadRule<P extends Primitive> = (
  node: Node<P>,
  inputs: readonly ChannelKinds[],
) => readonly (readonly RuleRead[])[] | undefined;

const here = (input: number, channel: number): RuleRead => ({ input, channel, rows: 0, cols: 0 });

/** Each channel reads the same channel of every operand, at its own position. */
const pointwise = (node: Node): readonly (readonly RuleRead[])[] =>
  Array.from({ length: node.shape[1]! }, (_, channel) =>
    node.inputs.map((operand, input) => here(input, operand.shape.at(-3) === 1 ? 0 : channel)),
  );

const unknown = () => undefined;

const kindAt = (kinds: ChannelKinds, channel: number): unknown =>
  kinds.length === 1 ? kinds[0] : kinds[channel];

/** One channel for each kind among an input's channels, and which channels are of that kind. */
function groups(kinds: ChannelKinds, channels: number): { representative: number; members: number[] }[] {
  const byKind = new Map<unknown, number[]>();
  for (let channel = 0; channel < channels; channel++) {
    const kind = kindAt(kinds, channel);
    const members = byKind.get(kind);
    if (members) members.push(channel);
    else byKind.set(kind, [channel]);
  }
  return [...byKind.values()].map((members) => ({ representative: members[0]!, members }));
}

/** A reduction stays on the grid only if it is over channels alone. */
const overChannels = (
  { inputs: [x], attributes: { axes } }: Node<"sum"> | Node<"max">,
  [kinds]: readonly ChannelKinds[],
): readonly (readonly RuleRead[])[] | undefined =>
  axes.length === 1 && axes[0] === 1
    ? [groups(kinds!, x!.shape[1]!).map(({ representative }) => here(0, representative))]
    : undefined;

/**
 * Every channel reads all queries at its own position and all keys at earlier ones, and there its own channel's values.
 */
const attend: ReadRule<"attend"> = ({ inputs, shape, attributes }, kinds) => {
  const [, channels, rows, cols] = shape as [number, number, number, number];
  const representatives = (input: number) =>
    groups(kinds[input]!, inputs[input]!.shape[1]!).map(({ representative }) => representative);
  const last = attributes.keys === "upTo" ? 0 : -1;
  const earlier: Pick<Read, "rows" | "cols">[] = [];
  for (let row = 1 - rows; row <= 0; row++)
    for (let col = 1 - cols; col <= (row < 0 ? cols - 1 : last); col++)
      earlier.push({ rows: row, cols: col });
  const atEarlier = (input: number, channel: number) => earlier.map((at) => ({ input, channel, ...at }));

  const weights = [
    ...representatives(0).map((channel) => here(0, channel)),
    ...representatives(1).flatMap((channel) => atEarlier(1, channel)),
  ];
  const lists = new Map(
    representatives(2).map((channel) => [kindAt(kinds[2]!, channel), [...weights, ...atEarlier(2, channel)]]),
  );
  return Array.from({ length: channels }, (_, channel) => lists.get(kindAt(kinds[2]!, channel))!);
};

/**
 * What a convolution's taps read, or, in direction -1, its gradient for the input: the outputs that a position is read
 * by.
 */
const overTaps =
  (direction: 1 | -1) =>
  (node: Node<"conv"> | Node<"convTranspose">, [kinds]: readonly ChannelKinds[]): readonly RuleRead[][] => {
    const { pad, stride, dilation, mask } = node.attributes;
    const [x, w] = node.inputs as [Node, Node];
    const [, second, kernelRows, kernelCols] = w.shape as [number, number, number, number];
    const taps = kernelRows * kernelCols;
    const inputGroups = groups(kinds!, x.shape[1]!);
    const readOf = (tap: number, channel: number): RuleRead => {
      const rows = direction * (Math.floor(tap / kernelCols) * dilation[0] - pad.top);
      const cols = direction * ((tap % kernelCols) * dilation[1] - pad.left);
      const read = { input: 0, channel, rows, cols };
      // Backwards, only every so many positions are read by an output through this tap.
      return direction === 1
        ? read
        : { ...read, phase: [modulo(-rows, stride[0]), modulo(-cols, stride[1])] };
    };
    const lists = new Map<string, RuleRead[]>();
    return Array.from({ length: node.shape[1]! }, (_, output) => {
      const isKept = (tap: number, channel: number) => {
        const pair = direction === 1 ? output * second + channel : channel * second + output;
        return mask === undefined || mask.values[pair * taps + tap] !== 0;
      };
      // Without a mask, all outputs read the same.
      const [first] = lists.values();
      if (mask === undefined && first) return first;
      const reads: RuleRead[] = [];
      for (let tap = 0; tap < taps; tap++) {
        for (const { representative, members } of inputGroups) {
          if (members.some((channel) => isKept(tap, channel))) reads.push(readOf(tap, representative));
        }
      }
      const key = JSON.stringify(reads);
      const list = lists.get(key) ?? reads;
      lists.set(key, list);
      return list;
    });
  };

const modulo = (a: number, by: number): number => ((a % by) + by) % by;

const readRules: { readonly [P in Primitive]: ReadRule<P> } = {
  input: unknown,
  parameter: unknown,
  constant: unknown,
  ...everyPointwise(pointwise),
  broadcast: pointwise,
  reshape: unknown,
  transpose: unknown,
  slice: ({ shape, attributes: { axis, start } }) =>
    axis === 1 ? Array.from({ length: shape[1]! }, (_, channel) => [here(0, start + channel)]) : undefined,
  pad: ({ inputs: [x], shape, attributes: { axis, before } }) =>
    axis === 1
      ? Array.from({ length: shape[1]! }, (_, channel) =>
          channel >= before && channel < before + x!.shape[1]! ? [here(0, channel - before)] : [],
        )
      : undefined,
  concat: ({ inputs, attributes: { axis } }) =>
    axis === 1
      ? inputs.flatMap(({ shape }, i) =>
          Array.from({ length: shape[1]! }, (_, channel) => [here(i, channel)]),
        )
      : undefined,
  sum: overChannels,
  max: overChannels,
  shift: ({ shape, attributes: { rows, cols } }) =>
    Array.from({ length: shape[1]! }, (_, channel) => [{ input: 0, channel, rows: -rows, cols: -cols }]),
  conv: overTaps(1),
  convTranspose: overTaps(-1),
  convWeightGradient: unknown,
  state: unknown,
  recur: ({ shape }) => Array.from({ length: shape[1]! }, (_, channel) => [here(0, channel)]),
  softmax: unknown,
  attend,
  matmul: unknown,
};

/**
 * What each channel of a node reads, if the node is a field on the picture's grid, made of such fields and of operands
 * that are fixed: that do not depend on the picture. Undefined: more than can be told. Only strided convolutions lead
 * from one stride to another.
 */
export function readsOf(
  node: Node,
  inputs: readonly ChannelKinds[],
  picture: Node,
  isFixed: (input: number) => boolean,
): readonly Reads[] | undefined {
  const own = strideOf(node.shape, picture.shape);
  if (!own) return undefined;
  const isOnGrid = ({ shape }: Node) => {
    const stride = strideOf(shape, picture.shape);
    return stride !== undefined && isSameStride(stride, strideOfInputs(node, own));
  };
  if (!node.inputs.every((operand, i) => isFixed(i) || isOnGrid(operand))) return undefined;
  const rule = readRules[node.op] as ReadRule<Primitive>;
  const lists = rule(node, inputs);
  const known = new Map<readonly RuleRead[], Reads>();
  return lists?.map((list) => {
    const reads = known.get(list) ?? list.map((read) => onPicture(read, node, own));
    known.set(list, reads);
    return reads;
  });
}

/** The stride that the fields must have of which a node of stride `own` is made. */
function strideOfInputs(node: Node, own: Stride): Stride {
  if (!is(node, "conv") && !is(node, "convTranspose")) return own;
  const { stride } = node.attributes;
  return is(node, "conv")
    ? [own[0] / stride[0], own[1] / stride[1]]
    : [own[0] * stride[0], own[1] * stride[1]];
}

/** A read in rows and columns of the picture. */
function onPicture({ phase, ...read }: RuleRead, node: Node, own: Stride): Read {
  const inputs = strideOfInputs(node, own);
  const finest: Stride = [Math.min(own[0], inputs[0]), Math.min(own[1], inputs[1])];
  const at: Lattice = phase
    ? { stride: inputs, phase: [phase[0] * own[0], phase[1] * own[1]] }
    : { stride: own, phase: [0, 0] };
  return { ...read, rows: read.rows * finest[0], cols: read.cols * finest[1], at };
}

import { is, type Node } from "../../graph/node.ts";
import type { OnnxLowering } from "./lowering.ts";

/**
 * A field resampled in whole rectangles of pixels, [rows, cols] of them: each pixel repeated, or each rectangle summed
 * up, which is its derivative. The language composes this of reshapes with a broadcast or a sum between (see
 * nn/resampling.ts), each of which would copy fields of six axes.
 */
export interface Resampling {
  readonly kind: "repeat" | "sum";
  /** [batch, channels, rows, cols] */
  readonly x: Node;
  readonly rectangle: readonly [rows: number, cols: number];
}

type Six = [number, number, number, number, number, number];

/**
 * For each node that ends such a composition, and whose channels fill whole blocks, what it computes. What lies between
 * is used by nobody else: `absorbed`.
 */
export function findResampling(
  order: readonly Node[],
  uses: ReadonlyMap<Node, number>,
  block: number | undefined,
) {
  const resamplings = new Map<Node, Resampling>();
  const absorbed = new Set<Node>();
  if (block === undefined) return { resamplings, absorbed };
  for (const end of order) {
    const found = resampling(end);
    if (!found || found.x.shape[1]! % block !== 0) continue;
    const [middle] = end.inputs as [Node];
    const [split] = middle.inputs as [Node];
    if (uses.get(middle) !== 1 || uses.get(split) !== 1) continue;
    resamplings.set(end, found);
    absorbed.add(middle).add(split);
  }
  return { resamplings, absorbed };
}

/** What a node computes, if it ends such a composition. */
function resampling(end: Node): Resampling | undefined {
  const [middle] = end.inputs;
  if (!is(end, "reshape") || end.shape.length !== 4 || middle?.shape.length !== 6) return undefined;
  const [split] = middle.inputs;
  if (!split || !is(split, "reshape") || split.inputs[0]!.shape.length !== 4) return undefined;
  const x = split.inputs[0]!;
  const isRepeat = is(middle, "broadcast");
  if (!isRepeat && !(is(middle, "sum") && middle.attributes.axes.join() === "3,5")) return undefined;
  const [small, large] = isRepeat ? [split, middle] : [middle, split];
  const [batch, channels, rows, tall, cols, wide] = large.shape as Six;
  const isOf = ({ shape }: Node, ...expected: number[]) => shape.join() === expected.join();
  const [smallField, largeField] = isRepeat ? [x, end] : [end, x];
  return isOf(small, batch, channels, rows, 1, cols, 1) &&
    isOf(smallField, batch, channels, rows, cols) &&
    isOf(largeField, batch, channels, rows * tall, cols * wide)
    ? { kind: isRepeat ? "repeat" : "sum", x, rectangle: [tall, wide] }
    : undefined;
}

/** Its value in blocks of channels. */
export function resample({ kind, x, rectangle }: Resampling, { model, blocked }: OnnxLowering): string {
  if (kind === "repeat") return model.node("nchwc.Upsample", [blocked(x)], { scales: [1, 1, ...rectangle] });
  const means = model.node("nchwc.AveragePool", [blocked(x)], {
    kernel_shape: rectangle,
    strides: rectangle,
  });
  return model.node("Mul", [means, model.floats([rectangle[0] * rectangle[1]], [])], {});
}

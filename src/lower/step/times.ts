import { NextpixelError } from "../../basics/errors.ts";
import { is, type Node } from "../../graph/node.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { readsOf, type Read, type Reads } from "../../graph/reads.ts";
import { topologicalOrder } from "../../graph/walk.ts";

/**
 * When each channel of a node can be computed, as an index of `StepProgram.instructions`. A single entry holds for all
 * channels.
 */
export type Times = readonly number[];

/** Before the row is begun: the channel depends on rows above at most. */
export const ROW = 0;
/** Before the first channel of the pixel is drawn: it depends on pixels to the left as well. */
const PIXEL = 1;

export const timeAt = (times: Times, channel: number): number =>
  times.length === 1 ? times[0]! : times[channel]!;

/**
 * The times of all nodes: that of the newest thing that a channel reads. A channel c of the picture is known at time
 * 2 + c, just before the next is drawn; in a picture that is `known` in advance everything is, row by row. SCHEDULE error
 * that names the node if a node cannot be computed in raster order.
 */
export function timesOfNodes(logits: Node, picture: Node, known: boolean): ReadonlyMap<Node, Times> {
  const times = new Map<Node, Times>();
  for (const node of topologicalOrder([logits])) {
    if (node === picture) {
      times.set(
        node,
        Array.from({ length: picture.shape[1]! }, (_, channel) => (known ? ROW : PIXEL + 1 + channel)),
      );
    } else if (is(node, "constant")) {
      times.set(node, [ROW]);
    } else {
      const inputs = node.inputs.map((operand) => times.get(operand)!);
      times.set(node, timesOf(node, inputs, readsIn(node, inputs, picture)));
    }
  }
  return times;
}

function timesOf(node: Node, inputs: readonly Times[], reads: readonly Reads[]): Times {
  const found = new Map<Reads, number>();
  return reads.map((list) => {
    const time = found.get(list) ?? Math.max(ROW, ...list.map((read) => timeOfRead(node, inputs, read)));
    found.set(list, time);
    return time;
  });
}

function timeOfRead(node: Node, inputs: readonly Times[], { input, channel, rows, cols }: Read): number {
  if (rows > 0) throw cannotStep(node, `reads ${rows} row(s) below, which is computed later`);
  const time = timeAt(inputs[input]!, channel);
  if (rows < 0 || time === ROW) return ROW;
  if (cols > 0) throw cannotStep(node, `reads ${cols} column(s) to the right, which is computed later`);
  return cols < 0 ? PIXEL : time;
}

function readsIn(node: Node, inputs: readonly Times[], picture: Node): readonly Reads[] {
  const isFixed = (input: number) => is(node.inputs[input]!, "constant");
  const reads = node.shape[0] === picture.shape[0] ? readsOf(node, inputs, picture, isFixed) : undefined;
  if (!reads) throw cannotStep(node, `to [${node.shape.join(", ")}] has no incremental rule`);
  return reads;
}

/** The error for a network that cannot be computed pixel by pixel. */
export function cannotStep(node: Node<Primitive>, why: string): NextpixelError {
  const at = node.name ?? node.inputs.find(({ name }) => name !== undefined)?.name;
  return new NextpixelError(
    "SCHEDULE",
    `expected a network that can be computed pixel by pixel, received one whose ${node.op} ${why}` +
      (at === undefined ? "" : ` (at ${at})`),
  );
}

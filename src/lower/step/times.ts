import { NextpixelError } from "../../basics/errors.ts";
import { storedValue } from "../../graph/constant-values.ts";
import { is, type Node } from "../../graph/node.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { readsOf, type Read, type Reads } from "../../graph/reads.ts";
import { interpret } from "../../graph/recurrence.ts";
import { topologicalOrder } from "../../graph/walk.ts";
import { dependentsOnPicture } from "./leads.ts";

/**
 * When each channel of a node can be computed, as an index of `StepProgram.instructions`. A single entry holds for all
 * channels.
 */
export type Times = readonly number[];

/** Before the row is begun: the channel depends on rows above at most. */
export const ROW = 0;
/** Before the first channel of the pixel is drawn: it depends on pixels to the left as well. */
const PIXEL = 1;
/** When the whole row is known, of a picture of so many channels: it depends on pixels to the right. */
export const rowEnd = (channels: number): number => PIXEL + channels + 1;

/** Whether what has that time is computed for all columns of a row. */
export const isOfRow = (time: number, channels: number): boolean => time === ROW || time === rowEnd(channels);

/** Whether what has that time is computed for a pixel before one of its colours is drawn. */
export const isBeforeDraw = (time: number, channels: number): boolean =>
  time >= PIXEL && time < PIXEL + channels;

export const timeAt = (times: Times, channel: number): number =>
  times.length === 1 ? times[0]! : times[channel]!;

/**
 * The times of all nodes: that of the newest thing that a channel reads. A channel c of the picture is known at time
 * 2 + c, just before the next is drawn; in a picture that is `known` in advance everything is, row by row. What does
 * not depend on the picture has the time ROW, and is there as many rows ahead as it is read (`leads.ts`). Of a field with
 * a stride it is the time at the pixel where its position stands; where positions read differently by phase, the
 * last one counts.
 *
 * @throws SCHEDULE, naming the node, if it cannot be computed in raster order, or if the logits wait for the row's end
 */
export function timesOfNodes(logits: Node, picture: Node, known: boolean): ReadonlyMap<Node, Times> {
  const end = rowEnd(picture.shape[1]!);
  const dependent = dependentsOnPicture(topologicalOrder([logits]), picture);
  /** What was first seen to read pixels to the right, and how far. */
  let ahead: { node: Node; cols: number } | undefined;

  const timeOfRead = (node: Node, inputs: readonly Times[], { input, channel, rows, cols }: Read): number => {
    if (rows > 0 && dependent.has(node.inputs[input]!))
      throw cannotStep(node, `reads ${rows} row(s) below, which is computed later`);
    const time = timeAt(inputs[input]!, channel);
    if (rows < 0 || time === ROW) return ROW;
    if (cols > 0) ahead ??= { node, cols };
    if (cols > 0 || time === end) return end;
    return cols < 0 ? PIXEL : time;
  };
  const timesOf = (node: Node, inputs: readonly Times[]): Times => {
    const found = new Map<Reads, number>();
    return readsIn(node, inputs, picture).map((list) => {
      const time = found.get(list) ?? Math.max(ROW, ...list.map((read) => timeOfRead(node, inputs, read)));
      found.set(list, time);
      return time;
    });
  };
  const times = interpret<Times>([logits], {
    start: () => [ROW],
    compute(node, timesOfOperand) {
      if (node === picture)
        return Array.from({ length: picture.shape[1]! }, (_, c) => (known ? ROW : PIXEL + 1 + c));
      if (storedValue(node) || is(node, "input")) return [ROW];
      return timesOf(node, node.inputs.map(timesOfOperand));
    },
    isSame: (a, b) => a.length === b.length && a.every((time, channel) => time === b[channel]),
  });
  if (times.get(logits)!.includes(end)) {
    const { node, cols } = ahead!;
    throw cannotStep(node, `reads ${cols} column(s) to the right, which is computed later`);
  }
  return times;
}

function readsIn(node: Node, inputs: readonly Times[], picture: Node): readonly Reads[] {
  const isFixed = (input: number) => {
    const operand = node.inputs[input]!;
    return storedValue(operand) !== undefined || (is(operand, "input") && operand !== picture);
  };
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

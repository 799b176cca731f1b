import { NextpixelError } from "../basics/errors.ts";
import { groupOf } from "./channel-groups.ts";
import { periodOf, isOn } from "./lattice.ts";
import { is, type Node } from "./node.ts";
import { isSurelyCausal } from "./newest-pixel.ts";
import type { Primitive } from "./primitives.ts";
import {
  OffsetSets,
  rasterOrder,
  reachAt,
  type NodeReach,
  type Offset,
  type Offsets,
  type Position,
  type Reach,
} from "./offsets.ts";
import { readsOf, type Read, type Reads } from "./reads.ts";
import { interpret } from "./recurrence.ts";
import { topologicalOrder } from "./walk.ts";

export interface CausalityTable {
  /** Reach of each channel of a node, which must be part of the graph. */
  reach(node: Node): NodeReach;
  readonly offsets: OffsetSets;
}

/**
 * For every node and channel, which offsets of the picture it depends on. Exact for networks of convolutions and
 * shifts, strided ones too: the sets are added up tap by tap, so that whatever a network leaves out (its blind spot) is
 * seen too. What leaves the grid of pixels (a reshape, a sum over rows) counts as a dependency on everything. Without
 * `isByChannel` the picture's channels all count as its channel 0: far smaller sets, of a state of many channels.
 */
export function analyseCausality(
  outputs: readonly Node[],
  picture: Node,
  { isByChannel = true }: { readonly isByChannel?: boolean } = {},
): CausalityTable {
  const [, all, rows, cols] = picture.shape as [number, number, number, number];
  const channels = isByChannel ? all : 1;
  const offsets = new OffsetSets({ channels, rows, cols }, periodOf(outputs, picture));
  const itself: NodeReach = Array.from({ length: channels }, (_, channel) =>
    offsets.of([{ channel, rows: 0, cols: 0 }]),
  );
  const table = interpret<NodeReach>(outputs, {
    start: (state) => (state === picture ? itself : ["none"]),
    compute: (node, reachOf) =>
      node === picture ? itself : nodeReach(node, node.inputs.map(reachOf), offsets, picture),
    isSame: (a, b) => a.length === b.length && a.every((reach, channel) => reach === b[channel]),
  });
  return { reach: (node) => table.get(node)!, offsets };
}

function nodeReach(node: Node, inputs: readonly NodeReach[], offsets: OffsetSets, picture: Node): NodeReach {
  if (inputs.flat().every((reach) => reach === "none")) return ["none"];
  const reads = readsIn(node, inputs, picture);
  if (!reads) return ["all"];
  const known = new Map<Reads, Reach>();
  return reads.map((list) => {
    const reach = known.get(list) ?? union(list, inputs, offsets);
    known.set(list, reach);
    return reach;
  });
}

const readsIn = (node: Node, inputs: readonly NodeReach[], picture: Node): readonly Reads[] | undefined =>
  readsOf(node, inputs, picture, (input) => inputs[input]!.every((reach) => reach === "none"));

function union(reads: Reads, inputs: readonly NodeReach[], offsets: OffsetSets): Reach {
  const found: Offsets[] = [];
  for (const { input, channel, rows, cols, at } of reads) {
    const reach = reachAt(inputs[input]!, channel);
    if (reach === "all") return "all";
    if (reach !== "none") found.push(offsets.moved(reach, rows, cols, at));
  }
  return found.length === 0 ? "none" : offsets.union(found);
}

/**
 * Checks that a likelihood may use `logits`: whatever predicts a sub-pixel depends on earlier sub-pixels only (rows
 * above; the same row, further left; the same pixel, an earlier channel). `predicts(c)` is the picture's channel that
 * channel c of the logits predicts. Throws a CAUSALITY error that names the node which lets the future in.
 */
export function checkCausality(
  logits: Node,
  picture: Node,
  predicts: (logitsChannel: number) => number,
): void {
  if (isSurelyCausal(logits, picture, predicts)) return;
  const table = analyseCausality([logits], picture);
  table.reach(logits).forEach((reach, logitsChannel) => {
    if (reach === "none") return;
    if (reach === "all") throw unbounded(logits, picture, table);
    const own = predicts(logitsChannel);
    const seen = table.offsets.newest(reach);
    if (!seen || rasterOrder(seen, { rows: 0, cols: 0, channel: own }) < 0) return;
    const path = witness(logits, logitsChannel, seen, picture, table);
    const at = blame(path, picture.shape[1]!);
    throw new NextpixelError(
      "CAUSALITY",
      `expected logits that depend on earlier pixels only, received a network that predicts channel ${own} of a ` +
        `pixel from ${describe(seen, own)} (at ${nameOf(at.node)}; path: ${pathText(path)})`,
    );
  });
}

/** Names along the path; a layer of several nodes is one step. */
const pathText = (path: readonly Step[]) =>
  path
    .map((step) => nameOf(step.node))
    .filter((name, i, names) => name !== names[i - 1])
    .join(" -> ");

function describe({ rows, cols, channel }: Offset, own: number): string {
  if (rows === 0 && cols === 0) return channel === own ? "itself" : `channel ${channel} of the same pixel`;
  const parts = [
    rows === 0 ? [] : `${Math.abs(rows)} row(s) ${rows > 0 ? "below" : "above"}`,
    cols === 0 ? [] : `${Math.abs(cols)} column(s) to the ${cols > 0 ? "right" : "left"}`,
  ];
  return `the pixel ${parts.flat().join(" and ")}`;
}

const nameOf = (node: Node) =>
  node.name ?? node.inputs.find((operand) => operand.name !== undefined)?.name ?? node.op;

function unbounded(logits: Node, picture: Node, table: CausalityTable): NextpixelError {
  const culprit = topologicalOrder([logits]).find((node) => table.reach(node).includes("all"))!;
  return new NextpixelError(
    "CAUSALITY",
    `expected fields of ${picture.shape[2]} rows and ${picture.shape[3]} columns, or whole fractions of them, throughout, ` +
      `received a ${culprit.op} to [${culprit.shape.join(", ")}] through which any pixel may be seen (at ${nameOf(culprit)})`,
  );
}

/** One step of a path from the picture to the logits: a node, its channel, and how it was read. */
interface Step {
  readonly node: Node;
  readonly channel: number;
  readonly from: Read;
}

/** A path by which `logits` see the picture at `offset`: its nodes in the order in which data flows. */
function witness(
  logits: Node,
  logitsChannel: number,
  offset: Offset,
  picture: Node,
  table: CausalityTable,
): Step[] {
  const path: Step[] = [];
  const recurrences = topologicalOrder([logits]).filter((node) => is(node, "recur"));
  const bodies = new Map(recurrences.map(({ inputs: [body, state] }) => [state!, body!]));
  const { offsets, reach } = table;
  const sees = (set: Reach, seen: Offset, from: Position) =>
    typeof set === "object" && offsets.has(set, seen, from);
  let [node, channel, at] = [logits, logitsChannel, offset];
  let position = offsets.phases.find((from) => sees(reachAt(reach(logits), channel), offset, from))!;
  while (node !== picture) {
    node = bodies.get(node) ?? node;
    const inputs = node.inputs.map((operand) => reach(operand));
    const reads = readsIn(node, inputs, picture)!;
    const from = (reads.length === 1 ? reads[0]! : reads[channel]!).find(
      (read) =>
        isIn(read, position) &&
        sees(reachAt(inputs[read.input]!, read.channel), before(at, read), moved(position, read)),
    )!;
    path.unshift({ node, channel, from });
    at = before(at, from);
    position = moved(position, from);
    channel = from.channel;
    node = node.inputs[from.input]!;
  }
  return path;
}

const isIn = ({ at }: Read, { row, col }: Position): boolean => isOn(at, row, col);

const moved = ({ row, col }: Position, read: Read): Position => ({
  row: row + read.rows,
  col: col + read.cols,
});

const before = (at: Offset, read: Read): Offset => ({
  channel: at.channel,
  rows: at.rows - read.rows,
  cols: at.cols - read.cols,
});

/**
 * The step that lets the future in: the last one that itself looks ahead; else the first that hands a later channel
 * group to an earlier one; else the first convolution, which should have been masked.
 */
function blame(path: readonly Step[], channels: number): Step {
  const ahead = path.findLast(({ from }) => from.rows > 0 || (from.rows === 0 && from.cols > 0));
  const group = (node: Node, channel: number) => groupOf(channel, node.shape[1]!, channels);
  const backwards = path.find(
    ({ node, channel, from }) => group(node, channel) < group(node.inputs[from.input]!, from.channel),
  );
  const moving: readonly Primitive[] = ["conv", "convTranspose", "shift"];
  return ahead ?? backwards ?? path.find(({ node }) => moving.includes(node.op)) ?? path[0]!;
}

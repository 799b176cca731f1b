import { analyseCausality } from "../../graph/causality.ts";
import { storedValue } from "../../graph/constant-values.ts";
import { is, type Node } from "../../graph/node.ts";
import { innerNodes } from "../../graph/recurrence.ts";
import type { Reach } from "../../graph/offsets.ts";
import { orderOf } from "../../graph/recurrence-order.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { topologicalOrder } from "../../graph/walk.ts";
import { composeConvolutions } from "./compose.ts";
import { lowerConvolution, lowerGate } from "./fused.ts";
import { findFusions } from "./fusion.ts";
import { Lowering, type UnfinishedSweep, type View } from "./lowering.ts";
import type { StepProgram } from "./program.ts";
import { leadsOfNodes } from "./leads.ts";
import { stepRules, type StepRule } from "./rules.ts";
import { cannotStep, timesOfNodes } from "./times.ts";

// How a network becomes a program that computes each of its values once, pixel by pixel:
//
// 1. times.ts finds when each channel of each node can be computed at the earliest: before the row is begun (for all
//    columns at once), before the pixel, before a later colour of the pixel, after the pixel, or when the row is known.
// 2. compose.ts, fusion.ts and tiles.ts decide what kernels compute in one go, and which convolutions of whole rows are
//    computed in Winograd's tiles, with half of the products.
// 3. rules.ts and fused.ts write the calls of kernels for each time, and how much of each node is kept: a ring of as
//    many rows as its readers reach back, or the current pixel alone. Slices and concatenations only name parts of
//    others. Masked weights are not multiplied: a call for a colour group reads only the channels that its mask allows.
// 4. A recurrence is lowered where it stands; its state is a ring like any other field. One that runs from the right is
//    computed when its row is complete, column by column from the right: a sweep.

/** The nodes, recurrences among them, that read states of their own row, from the left or from the right. */
function sweepsOf(logits: Node): ReadonlyMap<Node, UnfinishedSweep> {
  const sweeps = new Map<Node, UnfinishedSweep>();
  for (const node of topologicalOrder([logits])) {
    if (!is(node, "recur")) continue;
    const { rows, cols } = orderOf(node);
    checkReadBefore(node, rows, cols);
    if (cols === 0) continue;
    const sweep: UnfinishedSweep = { from: cols > 0 ? "left" : "right", calls: [] };
    for (const inner of [...innerNodes(node), node]) sweeps.set(inner, sweep);
  }
  return sweeps;
}

/**
 * Refuses what is made of states that are not known yet when it is computed: an inner node whose neighbours are read
 * later. @throws SCHEDULE
 */
function checkReadBefore(recurrence: Node, rows: number, cols: number): void {
  const [body, state] = recurrence.inputs as [Node, Node];
  const { reach, offsets } = analyseCausality([body], state, { isByChannel: false });
  const known = new Set<Reach>();
  for (const node of innerNodes(recurrence)) {
    if (node.op === "slice") continue;
    for (const channel of reach(node)) {
      if (typeof channel !== "object" || known.has(channel)) continue;
      const isKnown = offsets.list(channel).every((at) => rows * at.rows + cols * at.cols < 0);
      if (isKnown) known.add(channel);
      else throw cannotStep(node, "is made of a state before that is shifted");
    }
  }
}

export interface StepOptions {
  /**
   * Whether the whole picture is known in advance: then all is computed row by row, all columns at once. By the same
   * kernels in the same order, so that the logits have the same bits.
   */
  readonly known: boolean;
  /**
   * What inputs other than the picture are, [1, channels, 1, 1], which depend on its class alone: [classes][channels].
   */
  readonly classValues?: ReadonlyMap<Node, Float32Array>;
  /** An input of the picture's rows and columns that is known in advance, [1, channels, rows, cols]. */
  readonly field?: Node | undefined;
}

/**
 * The incremental program that computes a network's logits from `picture`, both [1, channels, rows, cols]. Whatever
 * depends neither on the picture nor on the `field` must be a constant, or an input with values for each class.
 *
 * @throws SCHEDULE, naming the node, if a primitive has no incremental rule, or reads what is computed later.
 */
export function lowerToSteps(
  network: Node,
  picture: Node,
  { known, classValues, field }: StepOptions,
): StepProgram {
  const logits = composeConvolutions(network);
  const sweeps = sweepsOf(logits);
  const drawn = timesOfNodes(logits, picture, false);
  const [rows, cols] = logits.shape.slice(2);
  if (rows !== picture.shape[2] || cols !== picture.shape[3]) {
    throw cannotStep(logits, `to [${logits.shape.join(", ")}] has not the picture's size`);
  }
  const times = known ? timesOfNodes(logits, picture, true) : drawn;
  // What is computed in one go rounds differently: it has to be the same whether or not the picture is known.
  const leads = leadsOfNodes(logits, picture);
  const { fused, saved } = findFusions(logits, {
    timesOf: (node) => drawn.get(node)!,
    leadOf: (node) => leads.get(node)!,
    isSwept: (node) => sweeps.has(node),
  });
  const lowering = new Lowering(times, leads, picture, classValues);
  const levels = lowering.field(picture);
  lowering.place(picture, [levels]);
  // A network need not read it.
  const inAdvance = field && leads.has(field) ? lowering.field(field, { isRow: true }) : undefined;
  if (inAdvance) lowering.place(field!, [inAdvance]);
  for (const node of topologicalOrder([logits])) {
    if (node.op === "input" || storedValue(node) || saved.has(node)) continue;
    const sweep = sweeps.get(node);
    const view = lowering.inSweep(sweep, () => lowerNode(node));
    lowering.place(node, view);
    if (sweep && node.op === "recur") lowering.finish(sweep, node);
  }

  function lowerNode(node: Node): View {
    const together = fused.get(node);
    if (together?.kind === "convolution") return lowerConvolution(node, together, lowering);
    if (together?.kind === "gate") return lowerGate(node, together, lowering);
    return (stepRules[node.op] as StepRule<Primitive>)(node, lowering);
  }

  return {
    cols: picture.shape[3]!,
    channels: picture.shape[1]!,
    picture: levels,
    logits: lowering.joined(logits),
    inAdvance,
    fields: lowering.fields,
    instructions: lowering.instructions,
  };
}

import { strideOf, type Lattice, type Stride } from "../../graph/lattice.ts";
import { is, type Node } from "../../graph/node.ts";
import { readsOf } from "../../graph/reads.ts";
import { innerNodes } from "../../graph/recurrence.ts";
import { orderOf, type RecurrenceOrder } from "../../graph/recurrence-order.ts";
import { topologicalOrder } from "../../graph/walk.ts";
import { dependentsOnPicture } from "./leads.ts";
import { timeAt, timesOfNodes } from "./times.ts";

/** A convolution or an attention of a network, and when the sampler computes it. */
export interface LayerSchedule {
  readonly name: string;
  readonly kind: "convolution" | "attention";
  readonly channels: number;
  /** Rows and columns of the picture between its positions. */
  readonly stride: Stride;
  /** How many of its channels are computed at which time, an index of `StepProgram.instructions`. */
  readonly times: readonly { readonly time: number; readonly channels: number }[];
  /**
   * What it reads, of the layers before it, of the picture, or of its own states. Of an attention, what makes its
   * queries: keys and values are those of all earlier positions.
   */
  readonly reads: readonly LayerRead[];
  /** If it is part of a recurrence, the order of that: see `RecurrenceOrder`. */
  readonly order: RecurrenceOrder | undefined;
}

/** A position that a layer reads, so many rows and columns of the picture from its own, where that is in a lattice. */
export interface LayerRead {
  /** A layer; undefined: the picture. */
  readonly layer: string | undefined;
  readonly rows: number;
  readonly cols: number;
  readonly at: Lattice;
}

/**
 * The layers of a network that depend on the picture, each after those that it reads. As in `lowerToSteps`, whatever
 * does not depend on the picture must be a constant, or an input.
 *
 * @throws SCHEDULE as `timesOfNodes`
 */
export function layersOf(logits: Node, picture: Node): LayerSchedule[] {
  const times = timesOfNodes(logits, picture, false);
  const order = topologicalOrder([logits]);
  const dependent = dependentsOnPicture(order, picture);
  /** The recurrence, if any, that a node is inside of, or is. */
  const recurrences = new Map<Node, Node>();
  for (const node of order) {
    if (is(node, "recur")) {
      for (const one of [node, node.inputs[1]!, ...innerNodes(node)]) recurrences.set(one, node);
    }
  }
  const isLayer = (node: Node) =>
    dependent.has(node) && (is(node, "conv") || is(node, "convTranspose") || is(node, "attend"));

  const found = new Map<Node, readonly LayerRead[]>();
  /** What a node reads of layers, through what lies between: shifts, sums, gates. */
  const readsBy = (node: Node): readonly LayerRead[] => {
    const known = found.get(node);
    if (known) return known;
    if (is(node, "attend")) {
      found.set(node, sourcesOf(node.inputs[0]!));
      return found.get(node)!;
    }
    const isFixed = (input: number) => !dependent.has(node.inputs[input]!);
    const lists =
      readsOf(
        node,
        node.inputs.map(() => [0]),
        picture,
        isFixed,
      ) ?? [];
    const all = new Map<string, LayerRead>();
    for (const { input, rows, cols, at } of [...new Set(lists)].flat()) {
      const operand = node.inputs[input]!;
      if (isFixed(input)) continue;
      for (const read of sourcesOf(operand)) {
        const sum = { ...read, rows: read.rows + rows, cols: read.cols + cols, at };
        all.set(JSON.stringify(sum), sum);
      }
    }
    found.set(node, [...all.values()]);
    return found.get(node)!;
  };
  /** What somebody reads who reads a node at its own position. */
  const sourcesOf = (node: Node): readonly LayerRead[] => {
    const here = (layer: string | undefined) => [{ layer, rows: 0, cols: 0, at: EVERYWHERE }];
    if (node === picture) return here(undefined);
    if (isLayer(node)) return here(node.name);
    return is(node, "state") || is(node, "recur") ? ofState(recurrences.get(node)!) : readsBy(node);
  };
  const states = new Map<Node, readonly LayerRead[]>();
  /** What a recurrence remembers is made of: the layers inside and what they are added to. */
  const ofState = (recurrence: Node): readonly LayerRead[] => {
    const known = states.get(recurrence);
    if (known) return known;
    // Within the recurrence, its state is that of the layer that reads it.
    const inside = innerNodes(recurrence).filter(isLayer);
    states.set(
      recurrence,
      inside.map(({ name }) => ({ layer: name, rows: 0, cols: 0, at: EVERYWHERE })),
    );
    const isOwnBefore = ({ layer, rows, cols }: LayerRead) =>
      (rows !== 0 || cols !== 0) && inside.some(({ name }) => name === layer);
    // What the cell remembers of earlier positions is what those positions have read.
    const sources = sourcesOf(recurrence.inputs[0]!).filter((read) => !isOwnBefore(read));
    states.set(recurrence, sources);
    return sources;
  };

  return order.filter(isLayer).map((node) => {
    const channels = node.shape[1]!;
    const counts = new Map<number, number>();
    for (let channel = 0; channel < channels; channel++) {
      const time = timeAt(times.get(node)!, channel);
      counts.set(time, (counts.get(time) ?? 0) + 1);
    }
    const recurrence = recurrences.get(node);
    return {
      name: node.name ?? node.op,
      kind: is(node, "attend") ? "attention" : "convolution",
      channels,
      stride: strideOf(node.shape, picture.shape)!,
      times: [...counts].map(([time, count]) => ({ time, channels: count })).sort((a, b) => a.time - b.time),
      reads: readsBy(node),
      order: recurrence && orderOf(recurrence),
    };
  });
}

const EVERYWHERE: Lattice = { stride: [1, 1], phase: [0, 0] };

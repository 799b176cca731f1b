import { storedValue } from "../../graph/constant-values.ts";
import { strideOf, type Lattice, type Stride } from "../../graph/lattice.ts";
import type { Node } from "../../graph/node.ts";
import { positionTable } from "./constants.ts";
import type { KernelCall, Field, Instruction, Segment, Tap, Work } from "./program.ts";
import { cannotStep, isOfRow, ROW, rowEnd, timeAt, type Times } from "./times.ts";

/** Where a node's channels are: parts of fields, one after the other. Slices and concatenations cost nothing. */
export type View = readonly Segment[];

/** What is computed from column to column at each of the times that are of whole rows. */
export interface UnfinishedSweep {
  readonly from: "left" | "right";
  readonly calls: KernelCall[][];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The program as it is put together: what the rules for the primitives write into. */
export class Lowering {
  readonly fields: Mutable<Field>[] = [];
  readonly instructions: Instruction[][];
  readonly #times: ReadonlyMap<Node, Times>;
  readonly #leads: ReadonlyMap<Node, number>;
  readonly #views = new Map<Node, View>();
  /** Of what depends neither on the picture nor on a field, by node, and by the stride and lead of who reads it. */
  readonly #fixed = new Map<string, Map<Node, View>>();
  readonly #picture: Node;
  #sweep: UnfinishedSweep | undefined;
  /** [classes][channels] of inputs that depend on the class alone. */
  readonly classValues: ReadonlyMap<Node, Float32Array>;

  constructor(
    times: ReadonlyMap<Node, Times>,
    leads: ReadonlyMap<Node, number>,
    picture: Node,
    classValues: ReadonlyMap<Node, Float32Array> = new Map(),
  ) {
    this.classValues = classValues;
    this.#times = times;
    this.#leads = leads;
    this.#picture = picture;
    this.instructions = Array.from({ length: rowEnd(picture.shape[1]!) + 1 }, () => []);
  }

  times(node: Node): Times {
    return this.#times.get(node)!;
  }

  /** How many rows ahead of the one that is drawn a node is computed. */
  lead(node: Node): number {
    return this.#leads.get(node) ?? 0;
  }

  /**
   * Where the value of a node is that has been lowered, or is fixed: that is laid out when it is first asked for, with
   * the stride and the lead of the `reader` that asks.
   */
  view(node: Node, reader: Node): View {
    return this.#views.get(node) ?? this.#fixedView(node, reader);
  }

  #fixedView(node: Node, reader: Node): View {
    const key = [...this.stride(reader), this.lead(reader)].join(" ");
    const known = this.#fixed.get(key) ?? new Map<Node, View>();
    this.#fixed.set(key, known);
    let view = known.get(node);
    if (!view) {
      const sweep = this.#sweep;
      this.#sweep = undefined;
      const out = this.field(reader, { channels: node.shape.at(-3) ?? 1 });
      this.emit(ROW, this.#fixedWork(node, out));
      view = [out];
      known.set(node, view);
      this.#sweep = sweep;
    }
    return view;
  }

  #fixedWork(node: Node, out: Segment): Work {
    const stored = storedValue(node);
    if (stored) return { kernel: "position", out, ...positionTable(stored, out.channels) };
    const values = this.classValues.get(node);
    if (!values) throw cannotStep(node, "has no incremental rule");
    return { kernel: "class", out, values };
  }

  place(node: Node, view: View): void {
    this.#views.set(node, view);
  }

  /** How many rows and columns of the picture lie between those of a node. */
  stride({ shape }: Node): Stride {
    return strideOf(shape, this.#picture.shape)!;
  }

  /** A new field of a node's stride, for all its channels and columns if nothing else is said. */
  field(
    node: Node,
    { channels = node.shape[1]!, cols = node.shape[3]!, lead = this.lead(node), isRow = false } = {},
  ): Segment {
    const row = { stride: this.stride(node), cols, depth: 1, lead, left: 0, right: 0, isRow };
    return this.#add({ channels, ...row, isByPicture: false });
  }

  /** A copy of a node's value that keeps all pixels, picture by picture. */
  remembered(node: Node): Segment {
    const [view, times] = [this.view(node, node), this.times(node)];
    const [, channels, rows, cols] = node.shape as [number, number, number, number];
    const all = { stride: this.stride(node), cols, depth: rows, lead: this.lead(node), left: 0, right: 0 };
    const out = this.#add({ channels, ...all, isRow: true, isByPicture: true });
    for (const { start, end, time } of pieces(times, channels, view)) {
      this.emit(time, { kernel: "remember", out: part([out], start, end), x: part(view, start, end) });
    }
    return out;
  }

  #add(field: Field): Segment {
    this.fields.push(field);
    return { field: this.fields.length - 1, channel: 0, channels: field.channels };
  }

  /**
   * Adds a call of a kernel, at all positions of what it writes or those `at`, and makes the fields as large as it
   * needs them.
   */
  emit(time: number, work: Work, at = this.#everywhere(work.out)): void {
    const call: KernelCall = { ...work, at };
    const isWholeRow = isOfRow(time, this.#picture.shape[1]!);
    const { stride, lead } = this.fields[call.out.field]!;
    if (isWholeRow) this.fields[call.out.field]!.isRow = true;
    for (const { field: index, rows, cols } of tapsOf(call)) {
      const field = this.fields[index]!;
      const further = Math.ceil((field.lead - lead) / field.stride[0]);
      field.depth = Math.max(field.depth, 1 + further - rows);
      field.left = Math.max(field.left, -cols);
      field.right = Math.max(field.right, cols);
      // What has a larger stride was computed at an earlier pixel, most of the times that it is read.
      const isLarger = field.stride[0] > stride[0] || field.stride[1] > stride[1];
      field.isRow ||= isWholeRow || rows !== 0 || cols !== 0 || isLarger;
    }
    if (isWholeRow && this.#sweep) (this.#sweep.calls[time] ??= []).push(call);
    else this.instructions[time]!.push(call);
  }

  #everywhere({ field }: Segment): Lattice {
    return { stride: this.fields[field]!.stride, phase: [0, 0] };
  }

  /**
   * Lowers a node inside a recurrence that reads states of its own row, or the recurrence itself: what it computes for
   * rows goes from column to column, in `sweep`.
   */
  inSweep<T>(sweep: UnfinishedSweep | undefined, lower: () => T): T {
    this.#sweep = sweep;
    const result = lower();
    this.#sweep = undefined;
    return result;
  }

  /** Ends a sweep: everything inside the recurrence has been lowered. */
  finish({ from, calls }: UnfinishedSweep, recurrence: Node): void {
    const at: Lattice = { stride: this.stride(recurrence), phase: [0, 0] };
    calls.forEach((list, time) => this.instructions[time]!.push({ kernel: "sweep", at, from, calls: list }));
  }

  /** A node's value as one segment: copied, if it is not one. */
  joined(node: Node): Segment {
    const [view, times] = [this.view(node, node), this.times(node)];
    if (view.length === 1) return view[0]!;
    const out = this.field(node);
    for (const { start, end, time } of pieces(times, out.channels, view)) {
      const operands = [here(part(view, start, end))];
      this.emit(time, { kernel: "pointwise", operation: "copy", out: part([out], start, end), operands });
    }
    return out;
  }
}

/** Channels start .. end-1, which are computed at one time and lie next to each other in all views. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly time: number;
}

/** The channels 0 .. channels-1 as pieces, as long as possible. */
export function pieces(times: Times, channels: number, ...views: readonly View[]): Piece[] {
  const borders = new Set(views.flatMap(bordersOf));
  const found: Piece[] = [];
  let start = 0;
  for (let end = 1; end <= channels; end++) {
    const time = timeAt(times, start);
    if (end < channels && !borders.has(end) && timeAt(times, end) === time) continue;
    found.push({ start, end, time });
    start = end;
  }
  return found;
}

function bordersOf(view: View): number[] {
  let end = 0;
  return view.map(({ channels }) => (end += channels));
}

/** Channels start .. end-1 of a view in which they lie next to each other. */
export function part(view: View, start: number, end: number): Segment {
  const found = within(view, start, end);
  return found[0]!;
}

/** Channels start .. end-1 of a view. */
export function within(view: View, start: number, end: number): View {
  const found: Segment[] = [];
  let first = 0;
  for (const { field, channel, channels } of view) {
    const [from, to] = [Math.max(start, first), Math.min(end, first + channels)];
    if (from < to) found.push({ field, channel: channel + from - first, channels: to - from });
    first += channels;
  }
  return found;
}

/** The segment at the current position. */
export const here = (segment: Segment): Tap => ({ ...segment, rows: 0, cols: 0 });

function tapsOf(instruction: Work): readonly Tap[] {
  switch (instruction.kernel) {
    case "convolution":
      return instruction.add ? [...instruction.taps, here(instruction.add)] : instruction.taps;
    case "pointwise":
      return instruction.operands.filter((operand) => "field" in operand);
    case "winogradInput":
      return [instruction.x, { ...instruction.x, cols: instruction.x.cols + 5 }];
    case "winogradOutput":
      return [instruction.products, ...(instruction.add ? [instruction.add] : [])].map(here);
    case "gate":
      return [here(instruction.a), here(instruction.b)];
    case "attend":
      return [here(instruction.q)];
    case "sum":
    case "largest":
    case "remember":
      return [here(instruction.x)];
    case "position":
    case "class":
      return [];
  }
}

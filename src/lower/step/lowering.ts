import { storedValue } from "../../graph/constant-values.ts";
import type { Node } from "../../graph/node.ts";
import { positionTable } from "./constants.ts";
import type { KernelCall, Field, Instruction, Segment, Tap } from "./program.ts";
import { isOfRow, ROW, rowEnd, timeAt, type Times } from "./times.ts";

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
  readonly #views = new Map<Node, View>();
  readonly #picture: Node;
  #sweep: UnfinishedSweep | undefined;
  /** [classes][channels] of inputs that depend on the class alone. */
  readonly classValues: ReadonlyMap<Node, Float32Array>;

  constructor(
    times: ReadonlyMap<Node, Times>,
    picture: Node,
    classValues: ReadonlyMap<Node, Float32Array> = new Map(),
  ) {
    this.classValues = classValues;
    this.#times = times;
    this.#picture = picture;
    this.instructions = Array.from({ length: rowEnd(picture.shape[1]!) + 1 }, () => []);
  }

  times(node: Node): Times {
    return this.#times.get(node)!;
  }

  /** Where the value of a node is that has been lowered, or is a constant: those are laid out when one is asked for. */
  view(node: Node): View {
    const stored = this.#views.has(node) ? undefined : storedValue(node);
    if (stored) {
      const sweep = this.#sweep;
      this.#sweep = undefined;
      const channels = node.shape.at(-3) ?? 1;
      const out = this.field(channels);
      this.emit(ROW, { kernel: "position", out, ...positionTable(stored, channels) });
      this.place(node, [out]);
      this.#sweep = sweep;
    }
    return this.#views.get(node)!;
  }

  place(node: Node, view: View): void {
    this.#views.set(node, view);
  }

  /** A new field, of as many columns as the picture if nothing else is said. */
  field(channels: number, cols = this.#picture.shape[3]!): Segment {
    return this.#add({ channels, cols, depth: 1, left: 0, right: 0, isRow: false, isByPicture: false });
  }

  /** A copy of a view that keeps all pixels, picture by picture. `times` are those of its channels. */
  remembered(view: View, times: Times): Segment {
    const [, , rows, cols] = this.#picture.shape as [number, number, number, number];
    const channels = view.reduce((total, segment) => total + segment.channels, 0);
    const out = this.#add({ channels, cols, depth: rows, left: 0, right: 0, isRow: true, isByPicture: true });
    for (const { start, end, time } of pieces(times, channels, view)) {
      this.emit(time, { kernel: "remember", out: part([out], start, end), x: part(view, start, end) });
    }
    return out;
  }

  #add(field: Field): Segment {
    this.fields.push(field);
    return { field: this.fields.length - 1, channel: 0, channels: field.channels };
  }

  /** Adds a call of a kernel, and makes the fields as large as it needs them. */
  emit(time: number, call: KernelCall): void {
    const isWholeRow = isOfRow(time, this.#picture.shape[1]!);
    if (isWholeRow) this.fields[call.out.field]!.isRow = true;
    for (const { field: index, rows, cols } of tapsOf(call)) {
      const field = this.fields[index]!;
      field.depth = Math.max(field.depth, 1 - rows);
      field.left = Math.max(field.left, -cols);
      field.right = Math.max(field.right, cols);
      field.isRow ||= isWholeRow || rows !== 0 || cols !== 0;
    }
    if (isWholeRow && this.#sweep) (this.#sweep.calls[time] ??= []).push(call);
    else this.instructions[time]!.push(call);
  }

  /**
   * Lowers a node inside a recurrence that reads states of its own row, or the recurrence itself: what it computes for rows goes
   * from column to column, in `sweep`.
   */
  inSweep<T>(sweep: UnfinishedSweep | undefined, lower: () => T): T {
    this.#sweep = sweep;
    const result = lower();
    this.#sweep = undefined;
    return result;
  }

  /** Ends a sweep: everything inside the recurrence has been lowered. */
  finish({ from, calls }: UnfinishedSweep): void {
    calls.forEach((list, time) => this.instructions[time]!.push({ kernel: "sweep", from, calls: list }));
  }

  /** The view as one segment: copied, if it is not one. `times` are those of its channels. */
  joined(view: View, times: Times): Segment {
    if (view.length === 1) return view[0]!;
    const out = this.field(view.reduce((total, { channels }) => total + channels, 0));
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

function tapsOf(instruction: KernelCall): readonly Tap[] {
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

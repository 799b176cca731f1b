import { expected } from "../basics/errors.ts";
import { isOn, type Lattice, type Stride } from "./lattice.ts";

/** Bound on the size of a set, of which there may be hundreds: 8 MiB. */
const MAX_BITS = 2 ** 26;

/** A sub-pixel of the picture, relative to a position: rows and cols are negative above and to the left. */
export interface Offset {
  readonly channel: number;
  readonly rows: number;
  readonly cols: number;
}

/** Raster order: negative if a comes before b. */
export const rasterOrder = (a: Offset, b: Offset): number =>
  a.rows - b.rows || a.cols - b.cols || a.channel - b.channel;

/** A position of the picture. */
export interface Position {
  readonly row: number;
  readonly col: number;
}

/**
 * A set of offsets for each phase: for positions of the picture whose row and column are the same modulo a period. Made
 * by `OffsetSets`, which gives what is equal one identity.
 */
export interface Offsets {
  readonly id: number;
  /** A bit for each offset, by phase. */
  readonly bits: readonly bigint[];
}

/**
 * What one channel of a node depends on: `none` of the picture, possibly `all` of it, or the pixels at certain
 * offsets from its own position, at which phases differ where fields of the picture's size are made of smaller ones.
 */
export type Reach = "none" | "all" | Offsets;

/** What every channel of a node depends on. Values that are not fields of the picture's size have one "channel". */
export type NodeReach = readonly Reach[];

/** The reach of one channel. */
export const reachAt = (reach: NodeReach, channel: number): Reach =>
  reach.length === 1 ? reach[0]! : reach[channel]!;

/**
 * The sets of offsets within a picture, by phase: there are as many phases as positions in a `period`. An offset that
 * leads out of every picture of this size is in none of them.
 */
export class OffsetSets {
  readonly #channels: number;
  readonly #rows: number;
  readonly #cols: number;
  readonly #sets = new Map<string, Offsets>();
  readonly #known = new Map<string, Offsets>();
  readonly #movable = new Map<string, bigint>();
  readonly #period: Stride;
  /** A position of each phase. */
  readonly phases: readonly Position[];

  constructor(
    size: { readonly channels: number; readonly rows: number; readonly cols: number },
    period: Stride = [1, 1],
  ) {
    this.#period = period;
    this.phases = Array.from({ length: period[0] * period[1] }, (_, phase) => ({
      row: Math.floor(phase / period[1]),
      col: phase % period[1],
    }));
    this.#channels = size.channels;
    this.#rows = size.rows;
    this.#cols = size.cols;
    const bits = this.#channels * this.#tall * this.#wide;
    if (bits <= MAX_BITS) return;
    throw expected("ARGUMENT", `at most ${MAX_BITS / 4} sub-pixels`, "the size of a picture", bits / 4);
  }

  /** The same offsets at all phases. */
  of(list: readonly Offset[]): Offsets {
    const fitting = list.filter((offset) => this.#fits(offset));
    const bits = fitting.reduce((bits, offset) => bits | (1n << BigInt(this.#encode(offset))), 0n);
    return this.#set(this.phases.map(() => bits));
  }

  /** The offsets from a position, or those from any. */
  list({ bits }: Offsets, from?: Position): Offset[] {
    const all = from ? bits[this.#phaseOf(from)]! : bits.reduce((all, ofPhase) => all | ofPhase);
    const digits = all.toString(2);
    const found: Offset[] = [];
    // Most sets are small ones of many: digits that are 0 are not looked at one by one.
    for (let at = digits.lastIndexOf("1"); at >= 0; at = at === 0 ? -1 : digits.lastIndexOf("1", at - 1)) {
      found.push(this.#decode(digits.length - 1 - at));
    }
    return found;
  }

  /** The last in raster order, from any position; undefined of an empty set. */
  newest(offsets: Offsets): Offset | undefined {
    return this.list(offsets).reduce<Offset | undefined>(
      (newest, offset) => (newest && rasterOrder(offset, newest) < 0 ? newest : offset),
      undefined,
    );
  }

  has({ bits }: Offsets, offset: Offset, from: Position): boolean {
    return this.#fits(offset) && ((bits[this.#phaseOf(from)]! >> BigInt(this.#encode(offset))) & 1n) === 1n;
  }

  /**
   * What positions in the lattice `at` depend on that read, at (rows, cols) from their own, what depends on `offsets`.
   */
  moved({ id, bits }: Offsets, rows: number, cols: number, at: Lattice): Offsets {
    return this.#once(`${id} moved ${rows} ${cols} ${at.stride.join(" ")} ${at.phase.join(" ")}`, () => {
      const by = BigInt(rows * this.#wide + cols);
      const fitting = this.#thatFitMoved(rows, cols);
      const movedTo = ({ row, col }: Position) =>
        isOn(at, row, col)
          ? (bits[this.#phaseOf({ row: row + rows, col: col + cols })]! & fitting) << by
          : 0n;
      return this.#set(this.phases.map(movedTo));
    });
  }

  union(sets: readonly Offsets[]): Offsets {
    const distinct = [...new Set(sets)].toSorted((a, b) => a.id - b.id);
    if (distinct.length === 1) return distinct[0]!;
    return this.#once(distinct.map(({ id }) => id).join(" "), () =>
      this.#set(this.phases.map((_, phase) => distinct.reduce((all, { bits }) => all | bits[phase]!, 0n))),
    );
  }

  #once(key: string, make: () => Offsets): Offsets {
    const made = this.#known.get(key) ?? make();
    this.#known.set(key, made);
    return made;
  }

  #phaseOf({ row, col }: Position): number {
    const [rows, cols] = this.#period;
    return (((row % rows) + rows) % rows) * cols + (((col % cols) + cols) % cols);
  }

  #set(bits: readonly bigint[]): Offsets {
    const key = bits.map((ofPhase) => ofPhase.toString(32)).join(" ");
    const set = this.#sets.get(key) ?? { id: this.#sets.size, bits };
    this.#sets.set(key, set);
    return set;
  }

  /** All offsets that still fit when they are moved so far. */
  #thatFitMoved(rows: number, cols: number): bigint {
    const key = `${rows} ${cols}`;
    let bits = this.#movable.get(key);
    if (bits === undefined) {
      // Binary digits, the last code first: of a line, of all lines of a channel, of all channels.
      const columns = movable(this.#wide, cols, "0", "1");
      const lines = movable(this.#tall, rows, "0".repeat(this.#wide), columns);
      bits = BigInt(`0b${lines.repeat(this.#channels)}`);
      this.#movable.set(key, bits);
    }
    return bits;
  }

  get #tall(): number {
    return 2 * this.#rows - 1;
  }

  get #wide(): number {
    return 2 * this.#cols - 1;
  }

  #fits({ rows, cols }: Offset): boolean {
    return Math.abs(rows) < this.#rows && Math.abs(cols) < this.#cols;
  }

  #encode({ channel, rows, cols }: Offset): number {
    return (channel * this.#tall + rows + this.#rows - 1) * this.#wide + cols + this.#cols - 1;
  }

  #decode(code: number): Offset {
    const line = Math.floor(code / this.#wide);
    return {
      channel: Math.floor(line / this.#tall),
      rows: (line % this.#tall) - this.#rows + 1,
      cols: (code % this.#wide) - this.#cols + 1,
    };
  }
}

/** As many parts, the last ones first, of which those that can be moved by `by` are `kept`. */
function movable(count: number, by: number, left: string, kept: string): string {
  const lost = Math.min(Math.abs(by), count);
  const [before, after] = by > 0 ? [lost, 0] : [0, lost];
  return left.repeat(before) + kept.repeat(count - lost) + left.repeat(after);
}

/** A sub-pixel of the picture, relative to a position: rows and cols are negative above and to the left. */
export interface Offset {
  readonly channel: number;
  readonly rows: number;
  readonly cols: number;
}

/** Raster order: negative if a comes before b. */
export const rasterOrder = (a: Offset, b: Offset): number =>
  a.rows - b.rows || a.cols - b.cols || a.channel - b.channel;

/** A set of offsets; made and compared by `OffsetSets`, which gives equal unions of equal parts one identity. */
export interface Offsets {
  readonly id: number;
  readonly codes: ReadonlySet<number>;
}

/**
 * What one channel of a node depends on: `none` of the picture, possibly `all` of it, or the pixels at certain
 * offsets from its own position.
 */
export type Reach = "none" | "all" | Offsets;

/** What every channel of a node depends on. Values that are not fields of the picture's size have one "channel". */
export type NodeReach = readonly Reach[];

/** The reach of one channel. */
export const reachAt = (reach: NodeReach, channel: number): Reach =>
  reach.length === 1 ? reach[0]! : reach[channel]!;

/** The sets of offsets within a picture. An offset that leads out of every picture of this size is in none of them. */
export class OffsetSets {
  readonly #channels: number;
  readonly #rows: number;
  readonly #cols: number;
  readonly #unions = new Map<string, Offsets>();
  #count = 0;

  constructor(size: { readonly channels: number; readonly rows: number; readonly cols: number }) {
    this.#channels = size.channels;
    this.#rows = size.rows;
    this.#cols = size.cols;
  }

  of(list: readonly Offset[]): Offsets {
    return this.#make(
      new Set(list.filter((offset) => this.#fits(offset)).map((offset) => this.#encode(offset))),
    );
  }

  list(offsets: Offsets): Offset[] {
    return [...offsets.codes].map((code) => this.#decode(code));
  }

  /** The last in raster order; undefined of an empty set. */
  newest(offsets: Offsets): Offset | undefined {
    return this.list(offsets).reduce<Offset | undefined>(
      (newest, offset) => (newest && rasterOrder(offset, newest) < 0 ? newest : offset),
      undefined,
    );
  }

  has(offsets: Offsets, offset: Offset): boolean {
    return this.#fits(offset) && offsets.codes.has(this.#encode(offset));
  }

  moved(offsets: Offsets, rows: number, cols: number): Offsets {
    if (rows === 0 && cols === 0) return offsets;
    return this.#once(`${offsets.id} moved ${rows} ${cols}`, () =>
      this.of(
        this.list(offsets).map((at) => ({ channel: at.channel, rows: at.rows + rows, cols: at.cols + cols })),
      ),
    );
  }

  union(sets: readonly Offsets[]): Offsets {
    const distinct = [...new Set(sets)].toSorted((a, b) => a.id - b.id);
    if (distinct.length === 1) return distinct[0]!;
    return this.#once(distinct.map(({ id }) => id).join(" "), () =>
      this.#make(new Set(distinct.flatMap(({ codes }) => [...codes]))),
    );
  }

  #once(key: string, make: () => Offsets): Offsets {
    const made = this.#unions.get(key) ?? make();
    this.#unions.set(key, made);
    return made;
  }

  #make(codes: ReadonlySet<number>): Offsets {
    return { id: this.#count++, codes };
  }

  #fits({ rows, cols }: Offset): boolean {
    return Math.abs(rows) < this.#rows && Math.abs(cols) < this.#cols;
  }

  #encode({ channel, rows, cols }: Offset): number {
    const [tall, wide] = [2 * this.#rows - 1, 2 * this.#cols - 1];
    return (channel * tall + rows + this.#rows - 1) * wide + cols + this.#cols - 1;
  }

  #decode(code: number): Offset {
    const [tall, wide] = [2 * this.#rows - 1, 2 * this.#cols - 1];
    return {
      channel: Math.floor(code / (tall * wide)) % this.#channels,
      rows: (Math.floor(code / wide) % tall) - this.#rows + 1,
      cols: (code % wide) - this.#cols + 1,
    };
  }
}

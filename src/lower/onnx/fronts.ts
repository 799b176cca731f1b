import { broadcast, concat, constant, pad, reshape, slice, transpose } from "../../graph/language.ts";
import type { Node } from "../../graph/node.ts";
import type { RecurrenceOrder } from "../../graph/recurrence-order.ts";

/** The positions of one step of a recurrence: a row, by its columns, or a diagonal, by its rows. */
export interface Front {
  /** rows * r + cols * c of its positions (r, c). */
  readonly step: number;
  /** Columns or rows first .. first+count-1. */
  readonly first: number;
  readonly count: number;
}

/**
 * How a field lies in memory so that every front is one piece: [positions, batch, channels], positions in the order of rows,
 * or, for diagonals, skewed. Going along a diagonal, the number of the pixel grows by the same `stride` each time (one more or
 * less than there are columns), so with the pixels in `stride` columns a diagonal stands upright in one of them.
 */
export class Fronts {
  /** In the order in which they are computed. */
  readonly list: readonly Front[];
  readonly order: RecurrenceOrder;
  readonly #rows: number;
  readonly #cols: number;
  readonly #stride: number;

  constructor(order: RecurrenceOrder, rows: number, cols: number) {
    this.order = order;
    this.#rows = rows;
    this.#cols = cols;
    this.#stride = order.cols === 0 ? 1 : cols - order.rows * order.cols;
    const corners = [0, rows - 1].flatMap((r) => [0, cols - 1].map((c) => order.rows * r + order.cols * c));
    const start = Math.min(...corners);
    this.list = Array.from({ length: Math.max(...corners) - start + 1 }, (_, i) => this.#front(start + i));
  }

  /** The front that a position of `front` reads when it reads (rows, cols) further, if there is one. */
  read(front: Front, rows: number, cols: number): Front | undefined {
    const step = front.step + this.order.rows * rows + this.order.cols * cols;
    return this.list[step - this.list[0]!.step];
  }

  /** How much further along its front that position is. */
  along(rows: number, cols: number): number {
    return this.order.cols === 0 ? cols : rows;
  }

  /** A field [batch, channels, rows, cols] as [positions, batch, channels]. */
  skewed(field: Node): Node {
    const [batch, channels] = field.shape as [number, number];
    const pixels = this.#rows * this.#cols;
    // Matrices are transposed, and lines moved as they are: the runtime is slow at any other order of axes.
    const inOrder = transpose(reshape(field, [batch * channels, pixels]), [1, 0]);
    if (this.#stride === 1) return reshape(inOrder, [pixels, batch, channels]);
    const tall = this.#tall;
    const filled = pad(inOrder, 0, 0, tall * this.#stride - pixels);
    const columns = transpose(reshape(filled, [tall, this.#stride, batch * channels]), [1, 0, 2]);
    return reshape(columns, [tall * this.#stride, batch, channels]);
  }

  /** The positions of a front in a field that was skewed: [count, batch, channels]. */
  at(skewed: Node, front: Front): Node {
    const start = this.#position(front);
    return slice(skewed, 0, start, start + front.count);
  }

  /** The field [batch, channels, rows, cols] of which these are the values on all fronts, in the order of `list`. */
  field(values: readonly Node[]): Node {
    const [, batch, channels] = values[0]!.shape as [number, number, number];
    const pixels = this.#rows * this.#cols;
    const tall = this.#tall;
    const placed = values
      .map((value, i) => ({ value, start: this.#position(this.list[i]!) }))
      .toSorted((a, b) => a.start - b.start);
    // The last lines of some columns have no pixels.
    const parts: Node[] = [];
    let end = 0;
    const fillTo = (start: number) => {
      if (start > end) parts.push(broadcast(constant([0], []), [start - end, batch, channels]));
    };
    for (const { value, start } of placed) {
      fillTo(start);
      parts.push(value);
      end = start + value.shape[0]!;
    }
    fillTo(tall * this.#stride);
    const skewed = reshape(concat(parts, 0), [this.#stride, tall, batch * channels]);
    const lines = this.#stride === 1 ? skewed : transpose(skewed, [1, 0, 2]);
    const inOrder = slice(reshape(lines, [tall * this.#stride, batch * channels]), 0, 0, pixels);
    return reshape(transpose(inOrder, [1, 0]), [batch, channels, this.#rows, this.#cols]);
  }

  get #tall(): number {
    return Math.ceil((this.#rows * this.#cols) / this.#stride);
  }

  #front(step: number): Front {
    const { rows: a, cols: b } = this.order;
    if (b === 0) return { step, first: 0, count: this.#cols };
    // The column of row r is b * step - a * b * r, which has to be within the picture.
    const first = Math.max(0, a * b === 1 ? b * step - this.#cols + 1 : -b * step);
    const last = Math.min(this.#rows - 1, a * b === 1 ? b * step : this.#cols - 1 - b * step);
    return { step, first, count: last - first + 1 };
  }

  /** Where a front begins. */
  #position({ step, first }: Front): number {
    const { rows, cols } = this.order;
    // Number of the pixel at 0 along the front, which may be outside the picture.
    const pixel = cols === 0 ? rows * step * this.#cols : cols * step;
    const line = Math.floor(pixel / this.#stride);
    return (pixel - line * this.#stride) * this.#tall + line + first;
  }
}

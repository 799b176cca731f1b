import { broadcast, concat, constant, pad, reshape, slice, transpose } from "../../graph/language.ts";
import type { Node } from "../../graph/node.ts";
import type { RecurrenceOrder } from "../../graph/recurrence-order.ts";

/** The axis of positions in values on fronts, [batch, positions, channels]. */
export const POSITIONS = 1;

/** The positions of one step of a recurrence: a row, by its columns, or a diagonal, by its rows. */
export interface Front {
  /** rows * r + cols * c of its positions (r, c). */
  readonly step: number;
  /** Columns or rows first .. first+count-1. */
  readonly first: number;
  readonly count: number;
}

/**
 * How a field lies in memory so that every front is one piece: [batch, positions, channels], positions in the order of rows,
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

  /** Has it the same fronts, in the same or in the opposite order? */
  isLike(other: Fronts): boolean {
    const isSameSize = other.#rows === this.#rows && other.#cols === this.#cols;
    return isSameSize && other.order.rows * other.order.cols === this.order.rows * this.order.cols;
  }

  /** Where in `list` the positions of a front of `other` are, which is like this. */
  indexOf(front: Front, other: Fronts): number {
    const step = this.order.rows === other.order.rows ? front.step : -front.step;
    return step - this.list[0]!.step;
  }

  /** How much further along its front that position is. */
  along(rows: number, cols: number): number {
    return this.order.cols === 0 ? cols : rows;
  }

  /** A field [batch, channels, rows, cols] as [batch, positions, channels]. */
  skewed(field: Node): Node {
    const [batch, channels] = field.shape as [number, number];
    const pixels = this.#rows * this.#cols;
    // A matrix for each picture is transposed, and then lines are moved: the runtime is slow at any other order of axes.
    const inOrder = transpose(reshape(field, [batch, channels, pixels]), [0, 2, 1]);
    if (this.#stride === 1) return inOrder;
    const tall = this.#tall;
    const filled = pad(inOrder, POSITIONS, 0, tall * this.#stride - pixels);
    const columns = transpose(reshape(filled, [batch, tall, this.#stride, channels]), [0, 2, 1, 3]);
    return reshape(columns, [batch, tall * this.#stride, channels]);
  }

  /** The positions of a front in a field that was skewed: [batch, count, channels]. */
  at(skewed: Node, front: Front): Node {
    const start = this.#position(front);
    return slice(skewed, POSITIONS, start, start + front.count);
  }

  /** The field [batch, channels, rows, cols] of which these are the values on all fronts, in the order of `list`. */
  field(values: readonly Node[]): Node {
    const [batch, , channels] = values[0]!.shape as [number, number, number];
    const tall = this.#tall;
    const placed = values
      .map((value, i) => ({ value, start: this.#position(this.list[i]!) }))
      .toSorted((a, b) => a.start - b.start);
    // The last lines of some columns have no pixels.
    const parts: Node[] = [];
    let end = 0;
    const fillTo = (start: number) => {
      if (start > end) parts.push(broadcast(constant([0], []), [batch, start - end, channels]));
    };
    for (const { value, start } of placed) {
      fillTo(start);
      parts.push(value);
      end = start + value.shape[POSITIONS]!;
    }
    fillTo(tall * this.#stride);
    const skewed = concat(parts, POSITIONS);
    const inOrder = this.#stride === 1 ? skewed : this.#upright(skewed);
    return reshape(transpose(inOrder, [0, 2, 1]), [batch, channels, this.#rows, this.#cols]);
  }

  /** The pixels in order, [batch, pixels, channels]. */
  #upright(skewed: Node): Node {
    const [batch, positions, channels] = skewed.shape as [number, number, number];
    const columns = reshape(skewed, [batch, this.#stride, this.#tall, channels]);
    const lines = reshape(transpose(columns, [0, 2, 1, 3]), [batch, positions, channels]);
    return slice(lines, POSITIONS, 0, this.#rows * this.#cols);
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

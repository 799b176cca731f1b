import type { RecurrenceOrder } from "../../graph/recurrence-order.ts";

/** The positions of one step of a recurrence: a row, by its columns, or a diagonal, by its rows. */
export interface Front {
  /** rows * r + cols * c of its positions (r, c). */
  readonly step: number;
  /** Columns or rows first .. first+count-1. */
  readonly first: number;
  readonly count: number;
}

/** The fronts of a picture. */
export class Fronts {
  /** In the order in which they are computed. */
  readonly list: readonly Front[];
  readonly order: RecurrenceOrder;
  readonly rows: number;
  readonly cols: number;

  constructor(order: RecurrenceOrder, rows: number, cols: number) {
    this.order = order;
    this.rows = rows;
    this.cols = cols;
    const corners = [0, rows - 1].flatMap((r) => [0, cols - 1].map((c) => order.rows * r + order.cols * c));
    const start = Math.min(...corners);
    this.list = Array.from({ length: Math.max(...corners) - start + 1 }, (_, i) => this.#front(start + i));
  }

  /** Are they rows, not diagonals? */
  get areRows(): boolean {
    return this.order.cols === 0;
  }

  /** The front that a position of `front` reads when it reads (rows, cols) further, if there is one. */
  read(front: Front, rows: number, cols: number): Front | undefined {
    const step = front.step + this.order.rows * rows + this.order.cols * cols;
    return this.list[step - this.list[0]!.step];
  }

  /** Whether `other` has the same fronts, in the same or in the opposite order. */
  isLike(other: Fronts): boolean {
    const isSameSize = other.rows === this.rows && other.cols === this.cols;
    return isSameSize && other.order.rows * other.order.cols === this.order.rows * this.order.cols;
  }

  /** Where in `list` the positions of a front of `other` are, which is like this. */
  indexOf(front: Front, other: Fronts): number {
    const step = this.order.rows === other.order.rows ? front.step : -front.step;
    return step - this.list[0]!.step;
  }

  /** How much further along its front the position is that is (rows, cols) further. */
  along(rows: number, cols: number): number {
    return this.areRows ? cols : rows;
  }

  #front(step: number): Front {
    const { rows: a, cols: b } = this.order;
    if (b === 0) return { step, first: 0, count: this.cols };
    // The column of row r is b * step - a * b * r, which has to be within the picture.
    const first = Math.max(0, a * b === 1 ? b * step - this.cols + 1 : -b * step);
    const last = Math.min(this.rows - 1, a * b === 1 ? b * step : this.cols - 1 - b * step);
    return { step, first, count: last - first + 1 };
  }
}

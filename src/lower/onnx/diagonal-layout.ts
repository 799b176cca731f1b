import { broadcast, concat, constant, pad, reshape, slice, transpose } from "../../graph/language.ts";
import type { Node } from "../../graph/node.ts";
import type { FrontLayout } from "./front-values.ts";
import { matrixConvolution } from "./matrix-convolution.ts";
import type { Front, Fronts } from "./fronts.ts";

/**
 * Values on diagonals are [batch, positions, channels]. A field is skewed so that every diagonal is contiguous: along a
 * diagonal the number of the pixel grows by a fixed `stride` (one more or one less than there are columns), so that
 * with `stride` pixels in each line a diagonal is one column. Two transpositions bring fields into that form: one of
 * all axes at once, at which ONNX Runtime is slow, made a step of Diagonal BiLSTM take twice as long
 * (docs/benchmarks.md).
 */
export class DiagonalLayout implements FrontLayout {
  readonly positions = 1;
  readonly channels = 2;
  readonly convolution = matrixConvolution;
  readonly #fronts: Fronts;
  readonly #pixels: number;
  readonly #stride: number;
  readonly #tall: number;

  constructor(fronts: Fronts) {
    const { rows, cols, order } = fronts;
    this.#fronts = fronts;
    this.#pixels = rows * cols;
    this.#stride = cols - order.rows * order.cols;
    this.#tall = Math.ceil(this.#pixels / this.#stride);
  }

  shape(batch: number, channels: number, count: number) {
    return [batch, count, channels];
  }

  everywhere(node: Node): Node {
    return reshape(node, [node.shape[0]!, 1, node.shape[1]!]);
  }

  prepare(field: Node): Node {
    const [batch, channels] = field.shape as [number, number];
    // One matrix for each picture is transposed, then lines are moved: the runtime is slow at other permutations of
    // axes.
    const inOrder = transpose(reshape(field, [batch, channels, this.#pixels]), [0, 2, 1]);
    if (this.#stride === 1) return inOrder;
    const filled = pad(inOrder, this.positions, 0, this.#tall * this.#stride - this.#pixels);
    const columns = transpose(reshape(filled, [batch, this.#tall, this.#stride, channels]), [0, 2, 1, 3]);
    return reshape(columns, [batch, this.#tall * this.#stride, channels]);
  }

  at(skewed: Node, front: Front): Node {
    const start = this.#position(front);
    return slice(skewed, this.positions, start, start + front.count);
  }

  field(values: readonly Node[]): Node {
    const [batch, , channels] = values[0]!.shape as [number, number, number];
    const placed = values
      .map((value, i) => ({ value, start: this.#position(this.#fronts.list[i]!) }))
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
      end = start + value.shape[this.positions]!;
    }
    fillTo(this.#tall * this.#stride);
    const skewed = concat(parts, this.positions);
    const inOrder = this.#stride === 1 ? skewed : this.#upright(skewed);
    return reshape(transpose(inOrder, [0, 2, 1]), [batch, channels, this.#fronts.rows, this.#fronts.cols]);
  }

  /** The pixels in order, [batch, pixels, channels]. */
  #upright(skewed: Node): Node {
    const [batch, positions, channels] = skewed.shape as [number, number, number];
    const columns = reshape(skewed, [batch, this.#stride, this.#tall, channels]);
    const lines = reshape(transpose(columns, [0, 2, 1, 3]), [batch, positions, channels]);
    return slice(lines, this.positions, 0, this.#pixels);
  }

  /** Where a front begins. */
  #position({ step, first }: Front): number {
    // Number of the pixel at 0 along the front, which may be outside the picture.
    const pixel = this.#fronts.order.cols * step;
    const line = Math.floor(pixel / this.#stride);
    return (pixel - line * this.#stride) * this.#tall + line + first;
  }
}

import type { PointwisePrimitive } from "../../graph/pointwise.ts";
import type { Lattice, Stride } from "../../graph/lattice.ts";
import type { AttendedKeys } from "../../graph/primitives.ts";

/**
 * The incremental program: how a network is computed pixel by pixel, in raster order. Plain data, so that it can be
 * sent to a worker. It holds for any number of pictures and, where no value depends on the position, of rows.
 */
export interface StepProgram {
  readonly cols: number;
  /** Channels of the picture. */
  readonly channels: number;
  readonly fields: readonly Field[];
  /** The picture's levels: written from outside, channel by channel. */
  readonly picture: Segment;
  readonly logits: Segment;
  /** What is known in advance, if the network reads such a field: written from outside, row by row. */
  readonly inAdvance: Segment | undefined;
  /**
   * What to compute when. [0]: at the start of a row, for all its columns. [1 + c]: at each pixel, before its channel c
   * is drawn. [1 + channels]: at each pixel, when all of it is known. [2 + channels]: at the end of a row, for all its
   * columns. Each list in an order that can be computed.
   */
  readonly instructions: readonly (readonly Instruction[])[];
}

/** What is remembered of a node. It starts as zeros, and what lies outside the picture stays so. */
export interface Field {
  readonly channels: number;
  /** Of the node of which it is. */
  readonly stride: Stride;
  /** Columns of a row: those of the node, or tiles of four of them. */
  readonly cols: number;
  /** Rows that are kept: the current one and those above that are still read. */
  readonly depth: number;
  /**
   * So many rows of the picture the current row is below the one that is drawn. Rows of such a field that are past the
   * bottom edge are zeros.
   */
  readonly lead: number;
  /** Columns of zeros to the left and right of the picture that are read. */
  readonly left: number;
  readonly right: number;
  /** False if only the current pixel is kept. */
  readonly isRow: boolean;
  /** Whether each picture's pixels lie together, in raster order, and not each pixel's pictures. */
  readonly isByPicture: boolean;
}

/** Some channels of a field, from `channel` on. */
export interface Segment {
  readonly field: number;
  readonly channel: number;
  readonly channels: number;
}

/**
 * Channels of a field at another position: so many of its rows and columns from the one at which the picture's position
 * is, or, in a field with a stride, from the last one before that. `rows` and `cols` are negative above and to the
 * left.
 */
export interface Tap extends Segment {
  readonly rows: number;
  readonly cols: number;
}

/** What a pointwise operation reads: as many channels as it writes, or one for all of them. */
export type Operand = Tap | { readonly values: Float32Array };

/** What a kernel computes at each place: a primitive, or the operand as it is, perhaps from another position. */
export type PointwiseOperation = "copy" | Exclude<PointwisePrimitive, "stopGradient">;

/** What is computed at one time: a call of a kernel, or what goes from column to column. */
export type Instruction = KernelCall | Sweep;

/** Calls for a row's columns one after the other, each reading what the one before it has computed. */
export interface Sweep {
  readonly kernel: "sweep";
  readonly at: Lattice;
  readonly from: "left" | "right";
  readonly calls: readonly KernelCall[];
}

/**
 * One call of a kernel (`src/kernels/`), for the pictures of one pixel or of a whole row, at the positions that are in
 * a lattice.
 */
export type KernelCall = Work & { readonly at: Lattice };

export type Work =
  | {
      readonly kernel: "convolution";
      readonly out: Segment;
      readonly taps: readonly Tap[];
      /** [taps and their channels][outputs] */
      readonly weights: Float32Array;
      readonly bias: Float32Array;
      /** Added to the result. */
      readonly add: Segment | undefined;
      /** Whether negative results become 0. */
      readonly relu: boolean;
    }
  | {
      readonly kernel: "pointwise";
      readonly operation: PointwiseOperation;
      readonly out: Segment;
      readonly operands: readonly Operand[];
    }
  /**
   * Three columns of a convolution for a whole row, see `src/kernels/winograd.ts`: what six convolutions multiply, and
   * the result of their products. These have six parts, each a field: `out.field` or `products.field`, and the next
   * five.
   */
  | { readonly kernel: "winogradInput"; readonly out: Segment; readonly x: Tap }
  | {
      readonly kernel: "winogradOutput";
      readonly out: Segment;
      readonly products: Segment;
      readonly add: Segment | undefined;
      readonly relu: boolean;
    }
  /** tanh(a) * sigmoid(b) */
  | { readonly kernel: "gate"; readonly out: Segment; readonly a: Segment; readonly b: Segment }
  /** Copies to a field that is kept picture by picture. */
  | { readonly kernel: "remember"; readonly out: Segment; readonly x: Segment }
  /**
   * See `attend` in `src/graph/language.ts`. Keys and values of all pixels are remembered by picture, each in a field
   * of its own.
   */
  | {
      readonly kernel: "attend";
      /** What the network calls it. */
      readonly name: string;
      readonly out: Segment;
      readonly q: Segment;
      readonly keys: Segment;
      readonly values: Segment;
      readonly attended: AttendedKeys;
    }
  /** Over channels. */
  | { readonly kernel: "sum" | "largest"; readonly out: Segment; readonly x: Segment }
  /**
   * Values that depend on the position alone: [rows][cols][channels], where a single column stands for all, and the
   * last row for all that follow.
   */
  | {
      readonly kernel: "position";
      readonly out: Segment;
      readonly rows: number;
      readonly cols: number;
      readonly values: Float32Array;
    }
  /** Values that depend on the picture's class alone: [classes][channels]. */
  | { readonly kernel: "class"; readonly out: Segment; readonly values: Float32Array };

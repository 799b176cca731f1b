import type { Stride } from "../../graph/lattice.ts";
import type { KernelCall, Segment } from "../../lower/step/program.ts";
import type { Kernels } from "./kernels.ts";
import { placeOf, type FieldLayout, type Place, type Reservations } from "./layout.ts";
import type { BegunPictures } from "./rows-ahead.ts";

// What binding an instruction needs; see `bind.ts`.

/** Runs an instruction at a pixel; or for a whole row, with `col` 0, if it was bound for rows. */
export type Call = (row: number, col: number) => void;

/** Numbers that are written once, before the first call. */
export interface Preload {
  readonly address: number;
  readonly values: Float32Array | Uint32Array;
}

/** Where an attention leaves its weights, of the last picture, before they are divided by their sum. */
export interface BoundAttention {
  readonly name: string;
  readonly address: number;
  /** So many positions of the picture lie between those that it attends to. */
  readonly stride: Stride;
  /** Columns of these. */
  readonly cols: number;
  /** How many positions it attends to at a pixel, in raster order. */
  readonly positions: (row: number, col: number) => number;
}

/** What instructions are bound to. */
export interface Binding {
  readonly pictures: number;
  /** Columns of the picture. */
  readonly cols: number;
  /** Whether instructions are for a whole row. */
  readonly isRow: boolean;
  readonly layouts: readonly FieldLayout[];
  readonly reservations: Reservations;
  readonly preloads: Preload[];
  readonly attentions: BoundAttention[];
  /** Set before the first call. */
  readonly machine: {
    kernels: Kernels;
    words: Uint32Array;
    begun: BegunPictures;
  };
}

export type Of<K extends KernelCall["kernel"]> = Extract<KernelCall, { kernel: K }>;

/** Where a segment is. */
export const at = (segment: Segment, { layouts }: Binding): Place =>
  placeOf({ ...segment, rows: 0, cols: 0 }, layouts);

/** Pixels times pictures that an instruction computes. */
export const cellsOf = ({ out }: KernelCall, { pictures, isRow, layouts }: Binding): number =>
  pictures * (isRow ? layouts[out.field]!.cols : 1);

/** Reserves memory for numbers that are written once, and returns its address. */
export function preload(values: Float32Array | Uint32Array, { reservations, preloads }: Binding): number {
  const address = reservations.reserve(values.byteLength);
  preloads.push({ address, values });
  return address;
}

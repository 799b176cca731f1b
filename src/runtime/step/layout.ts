import type { Field, StepProgram, Tap } from "../../lower/step/program.ts";
import { FREE_MEMORY } from "./kernels.ts";

/** Rounds up to where a vector may begin. */
export const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Kernels may read so far beyond a row's end. */
const MARGIN = 64;

/** Hands out the memory of one instance of the kernels, before it exists. All is fixed then; nothing grows. */
export class Reservations {
  #end = FREE_MEMORY;

  /** Bytes in use. */
  get end(): number {
    return this.#end;
  }

  /** The address of so many bytes. */
  reserve(bytes: number): number {
    const address = this.#end;
    this.#end += aligned(bytes);
    return address;
  }
}

/** Bytes that the fields of one picture take. */
export const bytesOfFields = ({ fields }: Pick<StepProgram, "fields">): number =>
  layOutFields({ fields }, 1, new Reservations()).reduce(
    (total, { stride, rowBytes, depth }) => total + Math.max(rowBytes * depth, stride),
    0,
  );

/** Where a field lies. */
export interface FieldLayout extends Field {
  /** Of row 0, column 0, picture 0, channel 0. */
  readonly address: number;
  /** Bytes from one picture to the next; channels are filled up to a multiple of four. */
  readonly stride: number;
  /** Bytes from one column and from one row to the next; 0 if only the current pixel is kept. */
  readonly colBytes: number;
  readonly rowBytes: number;
}

/** Places for all fields of a program, for a number of pictures. */
export function layOutFields(
  { fields }: Pick<StepProgram, "fields">,
  pictures: number,
  reservations: Reservations,
): FieldLayout[] {
  return fields.map((field) => {
    const channelBytes = aligned(4 * field.channels);
    const pixelBytes = field.isByPicture ? channelBytes : channelBytes * pictures;
    const colBytes = field.isRow ? pixelBytes : 0;
    const rowBytes = colBytes * (field.left + field.cols + field.right);
    const bytes = Math.max(rowBytes * field.depth, pixelBytes);
    const stride = field.isByPicture ? bytes : channelBytes;
    const address = reservations.reserve((field.isByPicture ? bytes * pictures : bytes) + MARGIN);
    return { ...field, address: address + field.left * colBytes, stride, colBytes, rowBytes };
  });
}

/** A tap with its field's layout: what its address at a pixel is made of. */
export interface Place {
  readonly base: number;
  readonly rows: number;
  readonly depth: number;
  readonly rowBytes: number;
  readonly colBytes: number;
  readonly stride: number;
}

export function placeOf({ field, channel, rows, cols }: Tap, layouts: readonly FieldLayout[]): Place {
  const { address, depth, rowBytes, colBytes, stride } = layouts[field]!;
  return { base: address + 4 * channel + cols * colBytes, rows, depth, rowBytes, colBytes, stride };
}

/** The address of a tap at a pixel, for the first picture. Rows go round in their ring. */
export const addressAt = (
  { base, rows, depth, rowBytes, colBytes }: Place,
  row: number,
  col: number,
): number => base + ((row + rows + depth) % depth) * rowBytes + col * colBytes;

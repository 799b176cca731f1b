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
    (total, { pictureBytes, rowBytes, depth }) => total + Math.max(rowBytes * depth, pictureBytes),
    0,
  );

/** Where a field lies. */
export interface FieldLayout extends Field {
  /** Of row 0, column 0, picture 0, channel 0. */
  readonly address: number;
  /** Bytes from one picture to the next; channels are filled up to a multiple of four. */
  readonly pictureBytes: number;
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
    const pictureBytes = field.isByPicture ? bytes : channelBytes;
    const address = reservations.reserve((field.isByPicture ? bytes * pictures : bytes) + MARGIN);
    return { ...field, address: address + field.left * colBytes, pictureBytes, colBytes, rowBytes };
  });
}

/** A tap with its field's layout: what its address at a pixel is made of. */
export interface Place {
  readonly base: number;
  /** Rows and columns of the picture between those of the field. */
  readonly rowStride: number;
  readonly colStride: number;
  readonly rows: number;
  readonly depth: number;
  readonly rowBytes: number;
  readonly colBytes: number;
  readonly stride: number;
}

/** The same place at every pixel: only from picture to picture there is a stride. */
export const placeOfAllPixels = (base: number, stride: number): Place => ({
  base,
  rowStride: 1,
  colStride: 1,
  rows: 0,
  depth: 1,
  rowBytes: 0,
  colBytes: 0,
  stride,
});

export function placeOf({ field, channel, rows, cols }: Tap, layouts: readonly FieldLayout[]): Place {
  const { address, depth, rowBytes, colBytes, pictureBytes } = layouts[field]!;
  const [rowStride, colStride] = layouts[field]!.stride;
  const base = address + 4 * channel + cols * colBytes;
  return { base, rowStride, colStride, rows, depth, rowBytes, colBytes, stride: pictureBytes };
}

/** The address of a tap at a pixel, for the first picture. Rows go round in their ring. */
export const addressAt = (
  { base, rowStride, colStride, rows, depth, rowBytes, colBytes }: Place,
  row: number,
  col: number,
): number =>
  base +
  ((Math.floor(row / rowStride) + rows + depth) % depth) * rowBytes +
  Math.floor(col / colStride) * colBytes;

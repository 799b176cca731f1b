import { expected } from "../../basics/errors.ts";
import type { StepProgram } from "../../lower/step/program.ts";
import { addressAt, placeOf, type FieldLayout } from "./layout.ts";

/** Pictures that are computed together, as far as they are known in advance. */
export interface BegunPictures {
  readonly rows: number;
  /** The number of each picture's class, if the program knows classes. */
  readonly classes?: ArrayLike<number> | undefined;
  /** The field that the program reads, [pictures, channels, rows, cols], if it reads one. */
  readonly field?: ArrayLike<number> | undefined;
}

/** Checks that the field of a program is there. @throws ARGUMENT */
export function checkField(
  { inAdvance, cols }: StepProgram,
  pictures: number,
  { rows, field }: BegunPictures,
): void {
  const count = inAdvance ? pictures * inAdvance.channels * rows * cols : 0;
  if (count > 0 && field?.length !== count) {
    throw expected("ARGUMENT", `${count} numbers`, "the field", field?.length);
  }
}

/**
 * What is done before a row is begun, for what is computed ahead of it: the next row of the field comes in, and rows
 * past the bottom edge become zeros.
 */
export function rowsAhead(
  { inAdvance, cols }: StepProgram,
  layouts: readonly FieldLayout[],
  floats: Float32Array,
  pictures: number,
): (row: number, begun: BegunPictures) => void {
  const ahead = layouts.filter(({ lead, isByPicture }) => lead > 0 && !isByPicture);
  const place = inAdvance && placeOf({ ...inAdvance, rows: 0, cols: 0 }, layouts);
  return (row, { rows, field }) => {
    for (const { address, stride, depth, lead, left, colBytes, rowBytes } of ahead) {
      const own = row + lead;
      if (own < rows || own % stride[0] !== 0) continue;
      const start = (address - left * colBytes + ((own / stride[0]) % depth) * rowBytes) / 4;
      floats.fill(0, start, start + rowBytes / 4);
    }
    if (!inAdvance || !place || !field) return;
    const { channels } = inAdvance;
    const own = row + layouts[inAdvance.field]!.lead;
    if (own < 0 || own >= rows) return;
    for (let col = 0; col < cols; col++)
      for (let picture = 0; picture < pictures; picture++) {
        const to = (addressAt(place, own, col) + picture * place.stride) / 4;
        for (let channel = 0; channel < channels; channel++)
          floats[to + channel] = field[((picture * channels + channel) * rows + own) * cols + col]!;
      }
  };
}

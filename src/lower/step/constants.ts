import { storedValue, type ConstantValue } from "../../graph/constant-values.ts";
import type { Node } from "../../graph/node.ts";
import { sizeOf } from "../../graph/shapes.ts";

/**
 * A constant's value for each of `channels` channels (or one for all), if it is the same at every position; undefined
 * for other constants and for nodes that are not constant.
 */
export function perChannel(node: Node, channels: number): Float32Array | undefined {
  const stored = storedValue(node);
  if (!stored) return undefined;
  const { data, shape } = stored;
  const own = shape.at(-3) ?? 1;
  const positions = sizeOf(shape.slice(-2));
  const isUniform = shape.length <= 4 && (shape.at(-4) ?? 1) === 1 && (own === 1 || own === channels);
  const values = Float32Array.from({ length: own }, (_, channel) => data[channel * positions]!);
  const isSame = (value: number, i: number) => Math.fround(value) === values[Math.floor(i / positions)];
  return isUniform && data.every(isSame) ? values : undefined;
}

/**
 * A constant as a table [rows][cols][channels]. It has a single column if all columns are equal; its last row holds
 * for all rows that follow.
 */
export interface PositionTable {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
}

/** The table of a constant for a field of so many channels; the constant may have one channel for all of them. */
export function positionTable({ data, shape }: ConstantValue, channels: number): PositionTable {
  const [own, allRows, cols] = [shape.at(-3) ?? 1, shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const at = (row: number, col: number, channel: number) =>
    data[((channel % own) * allRows + row) * cols + col]!;
  const isRowRepeated = (row: number) => {
    for (let channel = 0; channel < channels; channel++)
      for (let col = 0; col < cols; col++)
        if (!Object.is(at(row, col, channel), at(row - 1, col, channel))) return false;
    return true;
  };
  let rows = allRows;
  while (rows > 1 && isRowRepeated(rows - 1)) rows--;
  const values = new Float32Array(rows * cols * channels);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++)
      for (let channel = 0; channel < channels; channel++)
        values[(row * cols + col) * channels + channel] = at(row, col, channel);
  return { rows, cols, values };
}

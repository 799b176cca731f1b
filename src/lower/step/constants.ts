import { is, type Node } from "../../graph/node.ts";
import { sizeOf } from "../../graph/shapes.ts";

/**
 * A constant's value for each of `channels` channels (or one for all), if it is the same at every position; undefined of
 * other constants and of everything that is not one.
 */
export function perChannel(node: Node, channels: number): Float32Array | undefined {
  if (!is(node, "constant")) return undefined;
  const { data, shape } = node.attributes;
  const own = shape.at(-3) ?? 1;
  const positions = sizeOf(shape.slice(-2));
  const isUniform = shape.length <= 4 && (shape.at(-4) ?? 1) === 1 && (own === 1 || own === channels);
  const values = Float32Array.from({ length: own }, (_, channel) => data[channel * positions]!);
  const isSame = (value: number, i: number) => Math.fround(value) === values[Math.floor(i / positions)];
  return isUniform && data.every(isSame) ? values : undefined;
}

/** A constant as [rows][cols][channels], broadcast to a picture's rows and columns. */
export function perPosition(node: Node<"constant">, rows: number, cols: number): Float32Array {
  const { data, shape } = node.attributes;
  const [channels, ownRows, ownCols] = [shape.at(-3) ?? 1, shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const values = new Float32Array(rows * cols * channels);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++)
      for (let channel = 0; channel < channels; channel++) {
        const from = (channel * ownRows + (row % ownRows)) * ownCols + (col % ownCols);
        values[(row * cols + col) * channels + channel] = data[from]!;
      }
  return values;
}

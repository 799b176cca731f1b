import type { Node } from "../../src/graph/node.ts";
import type { ConvAttributes, Shape } from "../../src/graph/primitives.ts";
import { sizeOf } from "../../src/graph/shapes.ts";

// Convolution and its two derivatives are one sum over the same index set, written to a different operand.

/** Calls `visit` with the flat indices of every product x * w -> out that the convolution is made of. */
function eachProduct(
  x: Shape,
  w: Shape,
  out: Shape,
  { pad, stride, dilation, mask }: ConvAttributes,
  visit: (x: number, w: number, out: number) => void,
): void {
  const [batch, outputs, outRows, outCols] = out as [number, number, number, number];
  const [, inputs, rows, cols] = x as [number, number, number, number];
  const [, , kernelRows, kernelCols] = w as [number, number, number, number];
  for (let b = 0; b < batch; b++)
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++)
        for (let y = 0; y < kernelRows; y++)
          for (let z = 0; z < kernelCols; z++) {
            const weight = ((o * inputs + i) * kernelRows + y) * kernelCols + z;
            if (mask && mask.values[weight] === 0) continue;
            for (let r = 0; r < outRows; r++) {
              const row = r * stride[0] + y * dilation[0] - pad.top;
              if (row < 0 || row >= rows) continue;
              for (let c = 0; c < outCols; c++) {
                const col = c * stride[1] + z * dilation[1] - pad.left;
                if (col < 0 || col >= cols) continue;
                visit(
                  ((b * inputs + i) * rows + row) * cols + col,
                  weight,
                  ((b * outputs + o) * outRows + r) * outCols + c,
                );
              }
            }
          }
}

export function convRule(
  { inputs, shape, attributes }: Node<"conv">,
  [x, w]: readonly Float64Array[],
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  eachProduct(inputs[0]!.shape, inputs[1]!.shape, shape, attributes, (i, weight, out) => {
    result[out]! += x![i]! * w![weight]!;
  });
  return result;
}

export function convTransposeRule(
  { inputs, shape, attributes }: Node<"convTranspose">,
  [dy, w]: readonly Float64Array[],
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  eachProduct(shape, inputs[1]!.shape, inputs[0]!.shape, attributes, (i, weight, out) => {
    result[i]! += dy![out]! * w![weight]!;
  });
  return result;
}

export function convWeightGradientRule(
  { inputs, shape, attributes }: Node<"convWeightGradient">,
  [x, dy]: readonly Float64Array[],
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  eachProduct(inputs[0]!.shape, shape, inputs[1]!.shape, attributes, (i, weight, out) => {
    result[weight]! += x![i]! * dy![out]!;
  });
  return result;
}

export function shiftRule({ inputs, attributes }: Node<"shift">, [x]: readonly Float64Array[]): Float64Array {
  const [batch, channels, rows, cols] = inputs[0]!.shape as [number, number, number, number];
  const result = new Float64Array(x!.length);
  for (let map = 0; map < batch * channels; map++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < cols; c++) {
        const [row, col] = [r - attributes.rows, c - attributes.cols];
        if (row < 0 || row >= rows || col < 0 || col >= cols) continue;
        result[(map * rows + r) * cols + c] = x![(map * rows + row) * cols + col]!;
      }
  return result;
}

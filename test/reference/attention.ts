import type { Node } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";

/** e^x over their sum, with the largest taken out so that nothing overflows. */
function softmax(x: Float64Array): Float64Array {
  const largest = x.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = x.map((value) => Math.exp(value - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

export function softmaxRule({ shape }: Node<"softmax">, [x]: readonly Float64Array[]): Float64Array {
  const run = shape.at(-1)!;
  const result = new Float64Array(x!.length);
  for (let start = 0; start < result.length; start += run) {
    result.set(softmax(x!.subarray(start, start + run)), start);
  }
  return result;
}

export function attendRule(
  { inputs, shape, attributes }: Node<"attend">,
  [q, k, v]: readonly Float64Array[],
): Float64Array {
  const [batch, channels, rows, cols] = shape as [number, number, number, number];
  const depth = inputs[0]!.shape[1]!;
  const positions = rows * cols;
  const result = new Float64Array(sizeOf(shape));
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < positions; i++) {
      const scores = Float64Array.from({ length: attributes.keys === "upTo" ? i + 1 : i }, (_, j) => {
        let score = 0;
        for (let c = 0; c < depth; c++) {
          const map = (b * depth + c) * positions;
          score += q![map + i]! * k![map + j]!;
        }
        return score;
      });
      const weights = softmax(scores);
      for (let c = 0; c < channels; c++) {
        const map = (b * channels + c) * positions;
        weights.forEach((weight, j) => (result[map + i]! += weight * v![map + j]!));
      }
    }
  return result;
}

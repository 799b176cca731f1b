import type { KernelCall, Field, StepProgram } from "./program.ts";

/**
 * Multiply-adds of a program for each pixel of a picture, at each of the times of its instructions. Those of a row are
 * shared out among its columns; of attention it is the mean over the picture. Where columns are computed in tiles, a
 * pixel takes fewer than there are weights.
 */
export const multiplyAddsOfTimes = ({ instructions, fields, cols }: StepProgram): number[] =>
  instructions.map((list) =>
    list
      .flatMap((instruction) => (instruction.kernel === "sweep" ? instruction.calls : [instruction]))
      .reduce((total, call) => total + multiplyAddsOf(call, fields) * shareOf(call, fields, cols), 0),
  );

/** For how many columns a call computes something, by pixel of the picture. */
function shareOf({ out, at }: KernelCall, fields: readonly Field[], cols: number): number {
  const field = fields[out.field]!;
  const phases = at.stride[1] / field.stride[1];
  return field.cols / phases / cols / at.stride[0];
}

/** For one column of what a call writes. */
function multiplyAddsOf(call: KernelCall, fields: readonly Field[]): number {
  switch (call.kernel) {
    case "convolution":
      return call.weights.length;
    case "attend": {
      const { keys, values, attended } = call;
      const { depth, cols } = fields[keys.field]!;
      const positions = (depth * cols + (attended === "upTo" ? 1 : -1)) / 2;
      return positions * (keys.channels + values.channels);
    }
    case "pointwise":
    case "winogradInput":
    case "winogradOutput":
    case "gate":
    case "remember":
    case "sum":
    case "largest":
    case "position":
    case "class":
      return 0;
  }
}

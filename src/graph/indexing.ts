import type { Shape } from "./primitives.ts";
import { sizeOf, stridesOf } from "./shapes.ts";

/** Strides that read an array of shape `from` as if broadcast to `to`: 0 along repeated axes. */
export function stridesInto(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const added = to.length - from.length;
  return to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : strides[axis - added]!));
}

/** All elements of an array of the given shape, read from `data` with the given strides. */
export function gatherAll(data: Float64Array, strides: readonly number[], shape: Shape): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let position = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[position]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      position -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

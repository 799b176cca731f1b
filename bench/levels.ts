import { philox4x32 } from "../src/basics/philox.ts";
import type { Shape } from "../src/graph/primitives.ts";
import { sizeOf } from "../src/graph/shapes.ts";

/** Random levels: what the pictures show makes no difference to the time that a step takes. */
export const levelsOf = (shape: Shape, levels: number): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => philox4x32([i, 0, 0, 0], [1, 0])[0] % levels);

import { hash } from "../basics/hash.ts";
import { philox4x32, Purpose, seedKey, uniform } from "../basics/philox.ts";
import type { Shape } from "../graph/primitives.ts";
import { sizeOf } from "../graph/shapes.ts";

/** Initial values of a parameter: uniform in (centre - bound, centre + bound), or all equal if the bound is 0. */
export interface Initialiser {
  readonly bound: number;
  /** 0 if it is not given. */
  readonly centre?: number;
}

export const constantly = (centre: number): Initialiser => ({ bound: 0, centre });

export const zeros = constantly(0);

/**
 * Uniform with variance gain / fanIn (He, Zhang, Ren, Sun 2015: gain 2 after a ReLU; 1 keeps the variance of a linear
 * map), where fanIn is the number of inputs that an output adds up.
 */
export const fanInUniform = (fanIn: number, gain = 1): Initialiser => ({
  bound: Math.sqrt((3 * gain) / fanIn),
});

export interface InitialisedParameter {
  readonly name: string;
  readonly shape: Shape;
  readonly initialiser: Initialiser;
}

/**
 * Initial values of a parameter. They depend only on the seed and on the parameter's name and size, so that adding a
 * layer to a network does not change those of other layers.
 */
export function initialValues(
  { name, shape, initialiser: { bound, centre = 0 } }: InitialisedParameter,
  seed: number,
): Float32Array {
  const key = seedKey(seed);
  const stream = hash(name);
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
    bound === 0
      ? centre
      : centre + bound * (2 * uniform(philox4x32([i, stream, 0, Purpose.weights], key)[0]) - 1),
  );
}

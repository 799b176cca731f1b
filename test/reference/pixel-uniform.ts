import { philox4x32, Purpose, uniform, type PhiloxKey } from "../../src/basics/philox.ts";

/** The uniform number that draws one sub-pixel: a function of seed, picture, pixel and channel, and of nothing else. */
export function pixelUniform(key: PhiloxKey, picture: number, pixel: number, channel: number): number {
  return uniform(philox4x32([picture, pixel, channel, Purpose.pixels], key)[0]);
}

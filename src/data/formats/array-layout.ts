import { NextpixelError } from "../../basics/errors.ts";
import type { PictureSize } from "../dataset.ts";
import { shapeText, type NpyArray } from "./npy-array.ts";

/** How pictures lie in an array: picture i begins at i * strides.picture, counted in numbers. */
export interface ArrayLayout {
  readonly count: number;
  readonly size: PictureSize;
  readonly strides: {
    readonly picture: number;
    readonly channel: number;
    readonly row: number;
    readonly col: number;
  };
}

/** Channels that pictures can have. */
const CHANNELS = [1, 3];

/**
 * The layout of an array's pictures. `axes` has a letter for each axis: N pictures, C channels, H rows, W columns.
 * Without it, it is told by the shape: [N, H, W], [N, C, H, W] or [N, H, W, C], or [N, H * W] with square pictures, as
 * Quick, Draw! has.
 *
 * @throws ARGUMENT if it cannot be told, or if `axes` do not fit the shape.
 */
export function layoutOf(array: NpyArray, axes: string | undefined): ArrayLayout {
  const { shape, strides } = array;
  const side = Math.sqrt(shape[1] ?? 0);
  if (axes === undefined && shape.length === 2 && Number.isInteger(side)) {
    const [picture = 0, pixel = 0] = strides;
    const own = { picture, channel: 0, row: side * pixel, col: pixel };
    return { count: shape[0]!, size: { channels: 1, rows: side, cols: side }, strides: own };
  }
  const letters = axes ?? likelyAxes(shape);
  const at = (axis: string) => letters?.indexOf(axis) ?? -1;
  const extent = (axis: string) => shape[at(axis)] ?? 1;
  const channels = extent("C");
  if (letters?.length !== shape.length || !CHANNELS.includes(channels)) throw unclear(array, axes);
  const stride = (axis: string) => strides[at(axis)] ?? 0;
  return {
    count: extent("N"),
    size: { channels, rows: extent("H"), cols: extent("W") },
    strides: { picture: stride("N"), channel: stride("C"), row: stride("H"), col: stride("W") },
  };
}

/**
 * `axes` if they can be those of an array of pictures.
 *
 * @throws ARGUMENT if a letter is unknown, is there twice, or is missing.
 */
export function checkAxes(axes: string): string {
  const isPossible =
    /^[NCHW]{2,4}$/.test(axes) && new Set(axes).size === axes.length && /H/.test(axes) && /W/.test(axes);
  if (isPossible) return axes;
  throw new NextpixelError(
    "ARGUMENT",
    `expected letters such as NHWC (N pictures, C channels, H rows, W columns) for layout, received ${JSON.stringify(axes)}`,
  );
}

/** Undefined if the shape can mean two things, or nothing. */
function likelyAxes(shape: readonly number[]): string | undefined {
  const isChannels = (axis: number) => CHANNELS.includes(shape[axis]!);
  // A picture of three columns is rarer than a single picture with its channels last.
  if (shape.length === 3) return isChannels(2) ? undefined : "NHW";
  if (shape.length !== 4 || isChannels(1) === isChannels(3)) return undefined;
  return isChannels(1) ? "NCHW" : "NHWC";
}

function unclear({ file, shape }: NpyArray, axes: string | undefined): NextpixelError {
  const wanted =
    axes === undefined
      ? "a shape [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 or 3 channels, or a layout that tells the axes,"
      : `an array with the axes ${axes} and 1 or 3 channels`;
  const message = `expected ${wanted} for ${file}, received ${shapeText(shape)}`;
  return new NextpixelError("ARGUMENT", message, { about: ["layout"] });
}

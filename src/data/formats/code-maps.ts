import { fileAccess } from "../../files/random-access.ts";
import { unexpected } from "../../files/unexpected.ts";
import type { PictureSize } from "../dataset.ts";
import { readNpy, shapeText } from "./npy-array.ts";

/** Maps of codes. */
export interface CodeMaps {
  readonly count: number;
  readonly size: PictureSize;
  /** Of each channel: codes are 0 .. levels-1. */
  readonly levels: number;
  /** [count, channels, rows, cols] */
  readonly codes: Uint8Array;
}

/** Bound on the numbers of a file, in bytes. */
const MAX_BYTES = 2 ** 31;

/**
 * The codes in a NumPy file: whole numbers of any type, [count, channels, rows, cols].
 *
 * @throws NOT_FOUND if the file cannot be read; FORMAT if it is not such an array, or a code is out of range.
 */
export async function readCodes(
  file: string,
  { channels, levels }: { readonly channels: number; readonly levels: number },
): Promise<CodeMaps> {
  const array = await readNpy(await fileAccess(file), file);
  const [count = 0, found, rows = 0, cols = 0] = array.shape;
  const numbers = array.shape.reduce((product, extent) => product * extent, 1);
  if (array.shape.length !== 4 || found !== channels || !array.type.isWhole || array.values.size > MAX_BYTES)
    throw unexpected(
      file,
      `at most ${MAX_BYTES} bytes of whole numbers of the shape (maps, ${channels}, rows, columns)`,
      `${array.type.name} of the shape ${shapeText(array.shape)}`,
    );
  const bytes = await array.values.read(0, array.values.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const codes = new Uint8Array(numbers);
  const [map = 0, channel = 0, row = 0, col = 0] = array.strides;
  let to = 0;
  for (let m = 0; m < count; m++)
    for (let c = 0; c < channels; c++)
      for (let r = 0; r < rows; r++)
        for (let x = 0; x < cols; x++) {
          const at = (m * map + c * channel + r * row + x * col) * array.bytesEach;
          const code = array.type.read(view, at, array.isLittle);
          if (!(code >= 0 && code < levels))
            throw unexpected(file, `codes from 0 to ${levels - 1}`, `${code} in map ${m}`);
          codes[to++] = code;
        }
  return { count, size: { channels, rows, cols }, levels, codes };
}

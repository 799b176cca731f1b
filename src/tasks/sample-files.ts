import { mkdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { writeError } from "../files/system-error.ts";
import { checkWritable, writeAtomically } from "../files/atomic-write.ts";
import { dequantise } from "../data/quantise.ts";
import { pictureLength, type PictureSize } from "../data/dataset.ts";
import { pictureGrid } from "../pictures/grid.ts";
import { encodePng } from "../pictures/png.ts";

/** Pictures to be written: levels [count, channels, rows, cols], and what they are. */
export interface PicturesToWrite {
  readonly pictures: Uint8Array;
  readonly count: number;
  readonly size: PictureSize;
  readonly levels: number;
}

const isOneFile = (out: string) => extname(out).toLowerCase() === ".png";

/** Makes sure that `writePictures` can write to `out`, before there is anything to write. WRITE error. */
export async function prepareOutput(out: string): Promise<void> {
  if (isOneFile(out)) return checkWritable(out);
  await mkdir(out, { recursive: true }).catch((cause: unknown) => {
    throw writeError(out, cause);
  });
  return checkWritable(join(out, "0.png"));
}

/**
 * Writes pictures to `out`: a name that ends in .png becomes one picture with all of them, magnified if they are
 * small; any other name a folder (see `prepareOutput`) with one file each, of their own size. `text` goes into every
 * file. Returns the files written. WRITE error.
 */
export async function writePictures(
  out: string,
  { pictures, count, size, levels }: PicturesToWrite,
  text: Readonly<Record<string, string>>,
): Promise<string[]> {
  const bytes = dequantise(pictures, levels);
  if (isOneFile(out)) {
    await writeAtomically(out, encodePng(pictureGrid(bytes, count, size), text));
    return [out];
  }
  const length = pictureLength(size);
  const digits = String(count - 1).length;
  const files = Array.from({ length: count }, (_, i) => join(out, `${String(i).padStart(digits, "0")}.png`));
  for (const [i, file] of files.entries()) {
    const one = pictureGrid(bytes.subarray(i * length, (i + 1) * length), 1, size, { scale: 1 });
    await writeAtomically(file, encodePng(one, { ...text, picture: String(i) }));
  }
  return files;
}

import { extname, join } from "node:path";
import { checkWritable, writeAtomically } from "../files/atomic-write.ts";
import { checkFolderName } from "../files/folder-name.ts";
import { makeFolder } from "../files/make-folder.ts";
import { writeError } from "../files/system-error.ts";
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
  /** Columns of a picture with all of them, if it is not to be about as high as wide. */
  readonly columns?: number | undefined;
}

/** Texts that are written into a PNG file. */
export type PngText = Readonly<Record<string, string>>;

const isOneFile = (out: string) => extname(out).toLowerCase() === ".png";

/**
 * Makes sure that `writePictures` or `writeCompletions` can write to `out`, before anything is drawn.
 *
 * @throws ARGUMENT if `out` is a file name that does not end in .png; WRITE if nothing can be written there
 */
export async function prepareOutput(out: string): Promise<void> {
  if (isOneFile(out)) return checkWritable(out);
  await checkFolderName(out, "the pictures", "a file name that ends in .png, or the name of a folder,");
  await makeFolder(out).catch((cause: unknown) => {
    throw writeError(out, cause);
  });
  return checkWritable(join(out, "0.png"));
}

/**
 * Writes pictures. A path that ends in .png becomes one picture with all of them, magnified if they are small, in the
 * given number of columns or about as many as rows. Any other path becomes a folder with a file for each picture, of
 * its own size. Returns the paths of the files.
 *
 * @throws ARGUMENT, WRITE as `prepareOutput`
 */
export async function savePictures(path: string, pictures: PicturesToWrite): Promise<string[]> {
  await prepareOutput(path);
  return writePictures(path, pictures, {});
}

/**
 * Writes pictures to `out`: a path that ends in .png becomes one picture with all of them, magnified if they are small;
 * any other path a folder (see `prepareOutput`) with a file for each, of its own size. `text` goes into every file.
 * Returns the paths of the files.
 *
 * @throws WRITE
 */
export async function writePictures(out: string, drawn: PicturesToWrite, text: PngText): Promise<string[]> {
  if (isOneFile(out)) return writeGrid(out, drawn, text);
  return writeEach(out, drawn, (i) => ({
    name: padded(i, drawn.count),
    text: { ...text, picture: String(i) },
  }));
}

/**
 * The same for completions, `each` of every given picture: the one picture has a row for each, the given picture (as in
 * `given`, levels) first; the files of a folder are the completions, 3-1.png the second one of the fourth picture.
 */
export async function writeCompletions(
  out: string,
  drawn: PicturesToWrite,
  { given, each }: { readonly given: Uint8Array; readonly each: number },
  text: PngText,
): Promise<string[]> {
  const { pictures, count, size } = drawn;
  const rows = count / each;
  if (!isOneFile(out)) {
    return writeEach(out, drawn, (i) => {
      const [picture, completion] = [Math.floor(i / each), i % each];
      const name = `${padded(picture, rows)}-${padded(completion, each)}`;
      return { name, text: { ...text, picture: String(picture), completion: String(completion) } };
    });
  }
  const [one, row] = [pictureLength(size), each * pictureLength(size)];
  const all = new Uint8Array(given.length + pictures.length);
  for (let i = 0; i < rows; i++) {
    all.set(given.subarray(i * one, (i + 1) * one), i * (one + row));
    all.set(pictures.subarray(i * row, (i + 1) * row), i * (one + row) + one);
  }
  return writeGrid(out, { ...drawn, pictures: all, count: count + rows, columns: each + 1 }, text);
}

async function writeGrid(file: string, drawn: PicturesToWrite, text: PngText): Promise<string[]> {
  await writeAtomically(file, gridFile(drawn, text));
  return [file];
}

/** The PNG file of one picture with all of them, magnified if they are small. */
export function gridFile(
  { pictures, count, size, levels, columns }: PicturesToWrite,
  text: PngText,
): Uint8Array {
  const grid = pictureGrid(
    dequantise(pictures, levels),
    count,
    size,
    columns === undefined ? {} : { columns },
  );
  return encodePng(grid, text);
}

async function writeEach(
  folder: string,
  { pictures, count, size, levels }: PicturesToWrite,
  describe: (i: number) => { readonly name: string; readonly text: PngText },
): Promise<string[]> {
  const bytes = dequantise(pictures, levels);
  const length = pictureLength(size);
  const files: string[] = [];
  for (let i = 0; i < count; i++) {
    const one = pictureGrid(bytes.subarray(i * length, (i + 1) * length), 1, size, { scale: 1 });
    const { name, text } = describe(i);
    const file = join(folder, `${name}.png`);
    await writeAtomically(file, encodePng(one, text));
    files.push(file);
  }
  return files;
}

/** A number below `count`, such that names are in the order of the numbers. */
const padded = (i: number, count: number): string => String(i).padStart(String(count - 1).length, "0");

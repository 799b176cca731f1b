import { readBounded } from "../../files/bounded-read.ts";
import { memoryDataset, pictureLength, type Dataset, type PictureSize } from "../dataset.ts";
import { unexpected } from "../../files/unexpected.ts";
import { quantise } from "../quantise.ts";

const MAX_BYTES = 2 ** 27;
const [ZERO, ONE, SPACE, NEWLINE] = [0x30, 0x31, 0x20, 0x0a];

/**
 * The pictures of an `.amat` text file of zeros and ones, as H. Larochelle published binarised MNIST: one line for each
 * picture, with a space after every value but the last. One is white.
 *
 * @throws NOT_FOUND if the file cannot be read; FORMAT if it holds something else.
 */
export async function openAmat(
  file: string,
  { rows, cols }: Pick<PictureSize, "rows" | "cols">,
  levels: number,
  name = file,
): Promise<Dataset> {
  const text = await readBounded(file, MAX_BYTES);
  const size = { channels: 1, rows, cols };
  const length = pictureLength(size);
  if (text.length === 0 || text.length % (2 * length) !== 0) {
    throw unexpected(file, `lines of ${length} values`, `${text.length} bytes`);
  }
  const values = new Uint8Array(text.length / 2);
  for (let i = 0; i < values.length; i++) {
    const value = text[2 * i]!;
    const separator = (i + 1) % length === 0 ? NEWLINE : SPACE;
    if ((value !== ZERO && value !== ONE) || text[2 * i + 1] !== separator) {
      const line = Math.floor(i / length) + 1;
      throw unexpected(
        file,
        `${length} zeros and ones, with single spaces between, in line ${line}`,
        "another text",
      );
    }
    values[i] = value === ONE ? 255 : 0;
  }
  return memoryDataset({ name, size, levels, pixels: quantise(values, levels) });
}

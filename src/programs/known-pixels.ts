import { uniform } from "../basics/philox.ts";

/** A number from 0 to below `bound`, of a random word. */
const below = (word: number, bound: number): number => Math.floor(uniform(word) * bound);

/**
 * Which pixels of a picture training takes for known, at random: 1 for these, else 0, [rows, cols]. In an eighth of all
 * pictures none, in three eighths all on one side of a row or column, in a quarter all but a rectangle, in an eighth a
 * rectangle, and in an eighth each pixel by itself, with a chance that is random too.
 *
 * @param words 128 random bits.
 * @param fill Fills with a function of many random words.
 */
export function fillWithKnown(
  values: Float32Array,
  [rows, cols]: readonly [number, number],
  [kind, ...words]: readonly [number, number, number, number],
  fill: (of: (word: number) => number) => void,
): void {
  switch (kind & 7) {
    case 0:
      values.fill(0);
      return;
    case 1:
    case 2:
    case 3:
      fillSide(values, [rows, cols], (kind >>> 3) & 3, words[0]);
      return;
    case 4:
    case 5:
      fillRectangle(values, [rows, cols], 0, words);
      return;
    case 6:
      fillRectangle(values, [rows, cols], 1, words);
      return;
    default: {
      const chance = uniform(kind);
      fill((word) => (uniform(word) < chance ? 1 : 0));
    }
  }
}

/** All on one side: above, below, to the left or to the right. At least one row or column is known, and one is not. */
function fillSide(
  values: Float32Array,
  [rows, cols]: readonly [number, number],
  side: number,
  word: number,
): void {
  const isOfRows = side < 2;
  const line = 1 + below(word, (isOfRows ? rows : cols) - 1);
  const isBefore = side % 2 === 0;
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++)
      values[row * cols + col] = (isOfRows ? row : col) < line === isBefore ? 1 : 0;
}

/** A rectangle of one value, of any size and place, in the other one. */
function fillRectangle(
  values: Float32Array,
  [rows, cols]: readonly [number, number],
  value: 0 | 1,
  [first, second, third]: readonly [number, number, number],
): void {
  const [height, width] = [1 + below(first, rows), 1 + below(second, cols)];
  const top = below((third & 0xffff_0000) >>> 0, rows - height + 1);
  const left = below((third << 16) >>> 0, cols - width + 1);
  values.fill(1 - value);
  for (let row = top; row < top + height; row++)
    values.fill(value, row * cols + left, row * cols + left + width);
}

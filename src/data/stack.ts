import { expected, wholeNumber } from "../basics/errors.ts";
import { philox4x32, Purpose, seedKey, uniform } from "../basics/philox.ts";
import { type Dataset } from "./dataset.ts";

/** How many pictures of one channel become the channels of one. */
const CHANNELS = 3;

/** Most classes that combinations can have; a run keeps the name of each. */
const MAX_COMBINATIONS = 2 ** 12;

/**
 * Pictures whose red, green and blue are each a picture of the data set, drawn at random: of ten classes this makes
 * 1,000, which is how Stacked MNIST (L. Metz et al. 2017) counts what a GAN leaves out. Class 100 a + 10 b + c,
 * "a/b/c", is of pictures with a in red, b in green and c in blue. Picture i is a function of the seed and of i,
 * however many there are; runs all use the seed 0, whatever their own is, so that their figures are of the same
 * pictures.
 *
 * @throws ARGUMENT if the pictures have colours, or too many classes.
 */
export function stacked(dataset: Dataset, count: number, seed = 0): Dataset {
  const { size, levels, labels, classNames, name } = dataset;
  wholeNumber(count, "the pictures to stack", 1);
  if (size.channels !== 1)
    throw expected("ARGUMENT", "pictures of one channel", `the pictures of ${name} to stack`, size.channels);
  const classes = classNames?.length ?? 0;
  if (classes ** CHANNELS > MAX_COMBINATIONS) {
    const most = Math.round(Math.cbrt(MAX_COMBINATIONS));
    throw expected("ARGUMENT", `at most ${most} classes`, `the pictures of ${name} to stack`, classes);
  }
  const key = seedKey(seed);
  const membersOf = (picture: number): number[] =>
    philox4x32([picture, 0, 0, Purpose.stacks], key)
      .slice(0, CHANNELS)
      .map((word) => Math.floor(uniform(word) * dataset.count));
  return {
    name,
    count,
    size: { ...size, channels: CHANNELS },
    levels,
    labels:
      labels &&
      Int32Array.from({ length: count }, (_, picture) =>
        membersOf(picture).reduce((label, member) => label * classes + labels[member]!, 0),
      ),
    classNames: classNames && combinations(classNames),
    async read(indices, places) {
      const pictures = Array.from(indices, (index) => wholeNumber(index, "picture index", 0, count - 1));
      return dataset.read(
        pictures.flatMap(membersOf),
        places && pictures.flatMap((_, i) => Array<(typeof places)[number]>(CHANNELS).fill(places[i]!)),
      );
    },
  };
}

/** Every name before every name before every name: "0/0/0", "0/0/1", .. */
const combinations = (names: readonly string[]): string[] =>
  names.flatMap((a) => names.flatMap((b) => names.map((c) => `${a}/${b}/${c}`)));

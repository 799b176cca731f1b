import { expected, NextpixelError } from "../basics/errors.ts";
import { pictureLength, type Dataset, type PictureSize } from "./dataset.ts";

/** Names of missing pictures that an error lists. */
const NAMES_SHOWN = 10;

/**
 * Pairs of pictures whose files have the same names but for their endings, as pictures that have the channels of both:
 * those of the first set, then those of the second, which may have more pictures. Labels are those of the first.
 *
 * @throws ARGUMENT if a set has no files of single pictures, if names are missing (listed) or not unique in the second,
 * or if the pictures have not the same rows, columns and levels.
 */
export function paired(first: Dataset, second: Dataset): Dataset {
  const form = ({ size: { rows, cols }, levels }: Dataset) => `${cols}x${rows} with ${levels} levels`;
  if (form(first) !== form(second))
    throw expected("ARGUMENT", `pictures of ${form(first)}`, second.name, form(second), "condition");
  const places = placesByName(second);
  const names = namesOf(first);
  const missing = names.filter((name) => !places.has(name));
  if (missing.length > 0) {
    const others = missing.length > NAMES_SHOWN ? `, ... (${missing.length} in all)` : "";
    throw new NextpixelError(
      "ARGUMENT",
      `expected a picture in ${second.name} for each of ${first.name}, received none for ` +
        `${missing.slice(0, NAMES_SHOWN).join(", ")}${others}`,
      { about: ["condition"] },
    );
  }
  const partners = Uint32Array.from(names, (name) => places.get(name)!);
  const channels = first.size.channels + second.size.channels;
  return {
    ...first,
    size: { ...first.size, channels },
    async read(indices, crops) {
      const others = Array.from(indices, (index) => partners[index]!);
      const sets = [await first.read(indices, crops), await second.read(others, crops)] as const;
      return joined(sets, [pictureLength(first.size), pictureLength(second.size)]);
    },
  };
}

/** The two pictures of each pair, of which the first has so many channels: levels [count, channels, rows, cols] each. */
export function apart(pairs: Uint8Array, first: PictureSize, channels: number): [Uint8Array, Uint8Array] {
  const lengths = [pictureLength(first), pictureLength({ ...first, channels })] as const;
  const both = lengths[0] + lengths[1];
  const count = pairs.length / both;
  const found: [Uint8Array, Uint8Array] = [
    new Uint8Array(count * lengths[0]),
    new Uint8Array(count * lengths[1]),
  ];
  for (let i = 0; i < count; i++) {
    found[0].set(pairs.subarray(i * both, i * both + lengths[0]), i * lengths[0]);
    found[1].set(pairs.subarray(i * both + lengths[0], (i + 1) * both), i * lengths[1]);
  }
  return found;
}

/** Pictures of two sets beside each other; `lengths` are those of one picture. */
function joined(
  [first, second]: readonly [Uint8Array, Uint8Array],
  [a, b]: readonly [number, number],
): Uint8Array {
  const pairs = new Uint8Array(first.length + second.length);
  for (let i = 0; i * a < first.length; i++) {
    pairs.set(first.subarray(i * a, (i + 1) * a), i * (a + b));
    pairs.set(second.subarray(i * b, (i + 1) * b), i * (a + b) + a);
  }
  return pairs;
}

/** The names of the files of a data set, without endings. @throws ARGUMENT if it has none */
function namesOf({ name, count, nameOf }: Dataset): string[] {
  if (nameOf) return Array.from({ length: count }, (_, i) => nameOf(i).replace(/\.[^./]*$/, ""));
  throw expected(
    "ARGUMENT",
    "a folder or an archive of picture files",
    "pictures in pairs",
    name,
    "condition",
  );
}

function placesByName(dataset: Dataset): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [i, name] of namesOf(dataset).entries()) {
    if (places.has(name))
      throw expected("ARGUMENT", "names that differ in more than their endings", dataset.name, name);
    places.set(name, i);
  }
  return places;
}

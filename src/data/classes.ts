import { expected, NextpixelError } from "../basics/errors.ts";
import type { Dataset } from "./dataset.ts";

/** A class of the pictures that a network is trained on. */
export interface PictureClass {
  readonly name: string;
  /** How many of the training pictures are of it. */
  readonly pictures: number;
}

/**
 * The classes of a data set and how many pictures are of each.
 *
 * @throws ARGUMENT if it has no labels.
 */
export function classesOf(dataset: Dataset): PictureClass[] {
  const { labels, classNames } = labelled(dataset);
  const counts = new Float64Array(classNames.length);
  for (const label of labels) counts[label]!++;
  return classNames.map((name, label) => ({ name, pictures: counts[label]! }));
}

/**
 * The class of every picture as its number among `classes`. Classes are matched by name, since data sets number them
 * differently.
 *
 * @throws ARGUMENT if the data set has no labels, or pictures of other classes.
 */
export function labelsAmong(dataset: Dataset, classes: readonly PictureClass[]): Int32Array {
  const { labels, classNames } = labelled(dataset);
  const numbers = new Map(classes.map(({ name }, number) => [name, number]));
  return labels.map((label) => {
    const name = classNames[label]!;
    const number = numbers.get(name);
    if (number === undefined) {
      throw expected("ARGUMENT", `pictures of the classes ${namesOf(classes)}`, dataset.name, name);
    }
    return number;
  });
}

function labelled({ name, labels, classNames }: Dataset): {
  labels: Int32Array;
  classNames: readonly string[];
} {
  if (labels && classNames) return { labels, classNames };
  throw new NextpixelError(
    "ARGUMENT",
    `expected labels for the pictures of "${name}", received none: put the pictures of each class into a sub-folder of its ` +
      "name, or the labels of an IDX file ...-images-idx3-ubyte beside it as ...-labels-idx1-ubyte",
  );
}

/**
 * The number of a class, given by its name or by its number (from 0).
 *
 * @throws ARGUMENT if there is no such class.
 */
export function classNumber(classes: readonly PictureClass[], wanted: string | number): number {
  const exact = classes.findIndex(({ name }) => name === wanted);
  if (exact >= 0) return exact;
  // An accented letter has two spellings in Unicode; folders may have the one and keyboards give the other.
  const spelled = typeof wanted === "string" ? wanted.normalize() : undefined;
  const same = classes.findIndex(({ name }) => name.normalize() === spelled);
  if (same >= 0) return same;
  const number = typeof wanted === "string" && wanted.trim() === "" ? Number.NaN : Number(wanted);
  if (Number.isInteger(number) && number >= 0 && number < classes.length) return number;
  throw expected("ARGUMENT", `one of ${namesOf(classes)} (or their numbers, from 0)`, "the class", wanted);
}

/**
 * The numbers of the wanted classes, or of all classes; undefined if there are no classes.
 *
 * @throws ARGUMENT if there is no such class, or if the list is empty.
 */
export function classTurns(
  classes: readonly PictureClass[] | undefined,
  wanted?: readonly (string | number)[] | undefined,
): number[] | undefined {
  if (!classes) {
    if (wanted === undefined) return undefined;
    throw new NextpixelError(
      "ARGUMENT",
      "expected a model that knows classes to draw one, received one that was trained without classes",
      { about: ["train.classConditional"] },
    );
  }
  if (wanted?.length === 0) throw expected("ARGUMENT", "at least one class", "the classes to draw", wanted);
  return wanted?.map((one) => classNumber(classes, one)) ?? classes.map((_, number) => number);
}

/**
 * The classes of the pictures first .. first+count-1: the wanted classes in turn, by the number of the picture.
 *
 * @throws the errors of `classTurns`.
 */
export function classesInTurn(
  classes: readonly PictureClass[] | undefined,
  {
    first,
    count,
    wanted,
  }: {
    readonly first: number;
    readonly count: number;
    readonly wanted?: readonly (string | number)[] | undefined;
  },
): Uint32Array | undefined {
  const turns = classTurns(classes, wanted);
  return turns && Uint32Array.from({ length: count }, (_, i) => turns[(first + i) % turns.length]!);
}

const NAMES_SHOWN = 32;

/** The names of the classes, cut short if there are many. */
export const namesOf = (classes: readonly PictureClass[]): string =>
  [
    ...classes.slice(0, NAMES_SHOWN).map(({ name }) => name),
    ...(classes.length > NAMES_SHOWN ? [`... (${classes.length} in all)`] : []),
  ].join(", ");

/**
 * log p(class) of each class: its share of the training pictures. One picture is added to each class (Laplace's rule),
 * since a class that training did not see is not impossible.
 */
export function logPrior(classes: readonly PictureClass[]): Float64Array {
  const total = classes.reduce((sum, { pictures }) => sum + pictures + 1, 0);
  return Float64Array.from(classes, ({ pictures }) => Math.log((pictures + 1) / total));
}

/** Labels as a network takes them: 1 for the class of each picture, [labels.length, classes]. */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  const bits = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) bits[i * classes + labels[i]!] = 1;
  return bits;
}

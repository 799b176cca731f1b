import type { Dataset } from "../data/dataset.ts";
import { NOISE } from "./controls.ts";
import { COLLAPSED } from "./seeds.ts";
import { MOST_COMPARED, type Yardstick } from "./yardstick.ts";

export interface NotedComparison {
  readonly samples: number;
  readonly seeds: number;
  /** Of how many pictures one consists. */
  readonly members: number;
  readonly train: Dataset;
  readonly valid: Dataset;
  /** Of the classifier, on held-out pictures. */
  readonly accuracy: number | null;
}

/** What was left out, and what figures depend on, in sentences. */
export function notesOf(
  { reference, controls, training, size }: Yardstick,
  { samples, seeds, members, train, valid, accuracy }: NotedComparison,
): string[] {
  const compared = reference.count;
  const heldOut = controls.heldOut.length / (size.channels * size.rows * size.cols);
  const notes = [
    "Features are those of a small network trained for this comparison: figures can be compared within one report, and not with those of papers, which use other features.",
    `Precision, recall, density, coverage, the kernel distance and the two-sample test compare ${compared} pictures of each row with as many training pictures` +
      (compared < samples ? `: half of the training pictures, at most ${MOST_COMPARED}.` : "."),
    `The noisy pictures have normally distributed noise, of standard deviation ${NOISE} where black is 0 and white 1.`,
  ];
  if (heldOut < compared)
    notes.push(
      `There are ${heldOut} held-out pictures: they are compared with as many training pictures, and vary more.`,
    );
  if (train.labels === undefined)
    notes.push(
      "The data have no labels: the classifier has random weights (Naeem et al. 2020), and what needs classes is left out.",
    );
  else if (accuracy === null)
    notes.push("The held-out pictures have no labels: how often the classifier is right is not known.");
  if (members > 1)
    notes.push(
      `A picture is ${members} pictures of the data set, one in each channel: the classifier judges each, and the mode is the combination of their classes.`,
    );
  const searched = training.pictures.count;
  if (train.count > searched)
    notes.push(
      `The nearest training picture is looked for among ${searched} of ${train.count}, chosen at random.`,
    );
  if (valid.count > heldOut)
    notes.push(`The rows of held-out pictures have ${heldOut} of ${valid.count}, chosen at random.`);
  if (seeds > 1)
    notes.push(
      `A training counts as collapsed if it draws at most ${100 * COLLAPSED.classes} % of the classes, or if its coverage is at most ${COLLAPSED.coverage}. Spreads are standard deviations over the seeds that went well.`,
    );
  return notes;
}

import { classesOf, labelsAmong } from "../data/classes.ts";
import type { Dataset } from "../data/dataset.ts";
import { openForward } from "../programs/forward.ts";
import type { SessionOptions } from "../runtime/ort.ts";
import { likeliest } from "../tasks/score.ts";
import { classifierGraph, FEATURES, type Classifier } from "./classifier.ts";
import type { Points } from "./points.ts";

/** What a classifier says of pictures. */
export interface Judged {
  /** Its features of each picture. */
  readonly features: Points;
  /** The number of the class that each picture most likely is of; undefined without classes. */
  readonly classes: Int32Array | undefined;
}

/** Judges pictures by a classifier. */
export interface Judge {
  /** Features of a picture. */
  readonly features: number;
  /** How many classes a picture can be of; 0 without labels. */
  readonly classes: number;
  of(pictures: Uint8Array): Promise<Judged>;
  close(): Promise<void>;
}

const BATCH = 256;

/**
 * Opens a judge of pictures that consist of so many pictures as the classifier knows: 3 if their colours are grey
 * pictures, stacked (`stacked`), else 1. The features of a stack are those of its members, one after the other; its
 * class is the combination of theirs.
 */
export async function openJudge(
  classifier: Classifier,
  members: number,
  options?: SessionOptions,
): Promise<Judge> {
  const { picture, features, logits, part } = classifierGraph(classifier, BATCH);
  const nodes = [features, ...(logits ? [logits] : [])];
  const weights = { [part.name]: classifier.weights };
  const forward = await openForward({ parts: [part], classes: undefined }, nodes, weights, options);
  const length = picture.shape.slice(1).reduce((product, extent) => product * extent, 1);
  return {
    features: members * FEATURES,
    classes: classifier.classes === 0 ? 0 : classifier.classes ** members,
    async of(pictures) {
      const count = pictures.length / length;
      const values = new Float32Array(count * FEATURES);
      const labels = new Int32Array(count);
      for (let first = 0; first < count; first += BATCH) {
        const here = Math.min(BATCH, count - first);
        const batch = new Float32Array(BATCH * length);
        batch.set(pictures.subarray(first * length, (first + here) * length));
        const [found, scores] = await forward.run(batch);
        values.set(found!.subarray(0, here * FEATURES), first * FEATURES);
        if (scores) labels.set(likeliestOf(scores, classifier.classes).subarray(0, here), first);
      }
      return {
        features: { values, count: count / members, length: members * FEATURES },
        classes: logits && combined(labels, members, classifier.classes),
      };
    },
    close: () => forward.close(),
  };
}

/** The number of the largest score of each picture. */
function likeliestOf(scores: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: scores.length / classes }, (_, i) =>
    likeliest(scores.subarray(i * classes, (i + 1) * classes)),
  );
}

/** The classes of stacks: of members a, b, c it is the number with these digits, as `stacked` numbers them. */
const combined = (labels: Int32Array, members: number, classes: number): Int32Array =>
  Int32Array.from({ length: labels.length / members }, (_, i) =>
    labels.subarray(i * members, (i + 1) * members).reduce((number, label) => number * classes + label, 0),
  );

/** The share of held-out pictures that the classifier tells right; null if there are no labels. */
export async function accuracyOf(
  classifier: Classifier,
  { train, valid }: { readonly train: Dataset; readonly valid: Dataset },
  threads: number | undefined,
): Promise<number | null> {
  if (!train.labels || !valid.labels) return null;
  const labels = labelsAmong(valid, classesOf(train));
  const judge = await openJudge(classifier, 1, { threads });
  try {
    let right = 0;
    const indices = Array.from(labels.keys());
    for (let first = 0; first < indices.length; first += CLASSIFIED_AT_ONCE) {
      const some = indices.slice(first, first + CLASSIFIED_AT_ONCE);
      const { classes } = await judge.of(await valid.read(some));
      right += some.filter((index, i) => classes![i] === labels[index]).length;
    }
    return right / indices.length;
  } finally {
    await judge.close();
  }
}

const CLASSIFIED_AT_ONCE = 1024;

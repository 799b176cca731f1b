import * as v from "valibot";
import { expected } from "../basics/errors.ts";
import { pictureLength, type Dataset } from "../data/dataset.ts";
import { checkWritable } from "../files/atomic-write.ts";
import { checked } from "../files/checked.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { meanScore } from "../tasks/score.ts";
import { aboutSize, aboutWork, numbersIn } from "./merge-schema.ts";
import { partFileOf, savePart, type Merge, type PartFlags } from "./part-option.ts";
import {
  scoredBy,
  scoresOf,
  writePerImage,
  writePerPixel,
  type Scores,
  type ScoresAsked,
} from "./score-files.ts";
import { scoreText } from "./score-text.ts";

/** Scores a part of the pictures, and writes it to a file that is named after `out`. */
export async function scorePart(
  model: SavedModel,
  dataset: Dataset,
  out: string,
  asked: ScoresAsked & Required<PartFlags>,
) {
  const { part } = asked;
  await checkWritable(partFileOf(out, part));
  const scores = await scoresOf(model, dataset, asked);
  const { nats, posteriors, pixels, correct, kind, total, first, count } = scores;
  const about = {
    "data set": dataset.name,
    kind,
    ...scoredBy(model),
  };
  const arrays = {
    nats: Float64Array.from(nats),
    ...(posteriors && { posteriors }),
    ...(pixels && { pixels }),
  };
  return savePart(model, out, { task: "score", about, part, total, first, count, correct, arrays });
}

const aboutScores = v.object({
  task: v.literal("score"),
  ...aboutWork,
  "data set": v.string(),
  kind: v.object({
    likelihood: v.picklist(["exact", "bound"]),
    bound: v.optional(v.picklist(["elbo", "importance-weighted"])),
    importanceSamples: v.optional(v.number()),
    givenPixels: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    classes: v.optional(v.picklist(["given", "summed out"])),
  }),
  ...aboutSize,
  classes: v.pipe(v.array(v.string()), v.readonly()),
});

/** Tells the score of the pictures of all parts, and writes what is asked for of each, as `score` does. */
export const mergeScores: Merge = async ({ about, count, arrays, correct }, out) => {
  const { kind, size, classes, "data set": dataset } = checked(aboutScores, about, "the parts");
  const has = (name: string) => arrays[name] !== undefined;
  const length = pictureLength(size);
  const scores: Scores = {
    kind: {
      bound: undefined,
      importanceSamples: undefined,
      givenPixels: undefined,
      classes: undefined,
      ...kind,
    },
    correct,
    nats: [...numbersIn(arrays, "nats", Float64Array, count)],
    posteriors: has("posteriors")
      ? numbersIn(arrays, "posteriors", Float64Array, count * classes.length)
      : undefined,
    pixels: has("pixels") ? numbersIn(arrays, "pixels", Float32Array, count * length) : undefined,
  };
  if (out !== undefined) {
    await checkWritable(out);
    if (!/\.npy$/i.test(out)) await writePerImage(out, scores, { size, classes });
    else if (scores.pixels) await writePerPixel(out, scores.pixels, size);
    else throw expected("ARGUMENT", "parts that were scored with --per-pixel", `the name ${out}`, "others");
  }
  const score = meanScore(scores, size);
  return { json: { dataset, ...score, ...(out !== undefined && { out }) }, text: scoreText(score) };
};

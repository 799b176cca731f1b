import * as v from "valibot";
import { checked } from "../files/checked.ts";
import type { SavedModel } from "../run/saved-model.ts";
import type { PartFile } from "../tasks/part-file.ts";
import {
  prepareOutput,
  writeCompletions,
  type PicturesToWrite,
  type PngText,
} from "../tasks/sample-files.ts";
import { aboutPictures, aboutWork, numbersIn, picturesIn } from "./merge-schema.ts";
import { savePart, type Merge } from "./part-option.ts";

/** Where completions and reconstructions go if nothing is said, by command. */
export const COMPLETIONS = { complete: "completions.png", reconstruct: "reconstructions.png" } as const;

interface ComputedCompletions extends Pick<PartFile, "about" | "part" | "total" | "first" | "count"> {
  readonly task: keyof typeof COMPLETIONS;
  readonly drawn: Pick<PicturesToWrite, "pictures" | "size" | "levels"> & {
    readonly nats?: Float64Array | undefined;
  };
  /** The pictures that they were made of: levels [count, channels, rows, cols]. */
  readonly given: Uint8Array;
  /** How many were made of each. */
  readonly each: number;
  readonly text: PngText;
}

/** Writes a part of completions or reconstructions. `about` is what else all parts must have in common. @throws WRITE */
export function saveCompletions(model: SavedModel, out: string, computed: ComputedCompletions) {
  const { task, about, part, total, first, count, given, each, text } = computed;
  const { pictures, size, levels, nats } = computed.drawn;
  const arrays = { pictures, given, ...(nats && { nats }) };
  const work = { ...about, each, size, levels, text };
  return savePart(model, out, { task, about: work, part, total, first, count, arrays });
}

/** Of `each` pictures that were made of a given one. */
const aboutCompletions = v.object({
  task: v.picklist(["complete", "reconstruct"]),
  ...aboutWork,
  each: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(65_536)),
  ...aboutPictures,
});

/** Writes completions or reconstructions of all parts, each beside its picture, as one process does. */
export const mergeCompletions: Merge = async ({ about, count, arrays }, given) => {
  const { task, each, size, levels, text } = checked(aboutCompletions, about, "the parts");
  const out = given ?? COMPLETIONS[task];
  await prepareOutput(out);
  const drawn = { pictures: picturesIn(arrays, size, count * each), count: count * each, size, levels };
  const pictures = picturesIn(arrays, size, count, "given");
  const files = await writeCompletions(out, drawn, { given: pictures, each }, text);
  const nats = arrays["nats"] && [...numbersIn(arrays, "nats", Float64Array, count * each)];
  return {
    json: {
      out,
      files: files.length,
      pictures: count,
      count: each,
      nllNats: nats && Array.from({ length: count }, (_, i) => nats.slice(i * each, (i + 1) * each)),
    },
    text: `${each} of each of ${count} picture(s): ${out}`,
  };
};

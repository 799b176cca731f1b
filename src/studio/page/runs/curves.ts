import { recordIn } from "../../../run/record.ts";

/** Points of a curve, in the order of their steps. */
export interface Curve {
  readonly steps: number[];
  readonly values: number[];
}

export const PARTS = ["train", "valid"] as const;
export type Part = (typeof PARTS)[number];

/** All that the records of a run say, as curves. */
export interface RunCurves {
  /** Up to which step records were read. */
  readonly step: number;
  /** By the names of figures, in the order in which they were found. */
  readonly figures: ReadonlyMap<string, Readonly<Partial<Record<Part, Curve>>>>;
}

export const NO_CURVES: RunCurves = { step: 0, figures: new Map() };

/** What a record says beside figures, of the training. */
const OF_TRAINING = ["learningRate", "imagesPerSecond"];

/**
 * Curves with the records in more lines of `metrics.jsonl`. Lines that are no records are left out. Points are added in
 * place: there may be many, and what came before is not used any more.
 */
export function withLines(before: RunCurves, text: string): RunCurves {
  const figures = new Map<string, Partial<Record<Part, Curve>>>(
    [...before.figures].map(([name, parts]) => [name, { ...parts }]),
  );
  let { step } = before;
  const add = (name: string, part: Part, at: number, value: unknown) => {
    if (typeof value !== "number") return;
    if (!figures.has(name)) figures.set(name, {});
    const curve = (figures.get(name)![part] ??= { steps: [], values: [] });
    // A step that was recorded twice, as by a copy of a file, would make a curve go back.
    if (at <= (curve.steps.at(-1) ?? -1)) return;
    curve.steps.push(at);
    curve.values.push(value);
  };
  for (const line of text.split("\n")) {
    const record = recordIn(line);
    const at = record["step"];
    if (typeof at !== "number") continue;
    step = Math.max(step, at);
    for (const part of PARTS) {
      const values = record[part];
      if (typeof values !== "object" || values === null) continue;
      for (const [name, value] of Object.entries(values)) add(name, part, at, value);
    }
    for (const name of OF_TRAINING) add(name, "train", at, record[name]);
  }
  return { step, figures };
}

/**
 * The exponential moving average of a curve. `share` of each point is what was before. The first points are means of
 * those there are, so that the average does not begin at 0.
 */
export function smoothed({ steps, values }: Curve, share: number): Curve {
  if (share === 0) return { steps, values };
  let [sum, weight] = [0, 0];
  const averages = values.map((value) => {
    sum = share * sum + (1 - share) * value;
    weight = share * weight + (1 - share);
    return sum / weight;
  });
  return { steps, values: averages };
}

/** What is written in capitals. */
const ACRONYMS = /\b(?:elbo|kl)\b/g;

/** A name such as "bitsPerDim" as people read it: "Bits per dim". */
export function inWords(name: string): string {
  const words = name.replaceAll(
    /([a-z\d])([A-Z])/g,
    (_, end: string, start: string) => `${end} ${start.toLowerCase()}`,
  );
  const sentence = words.replaceAll(ACRONYMS, (word) => word.toUpperCase());
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** A number as people read it, with about four digits. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e5 || size < 1e-3) return Number(value.toPrecision(3)).toExponential();
  return String(Number(value.toPrecision(size >= 1000 ? 5 : 4)));
}

import * as v from "valibot";
import { readBounded } from "../files/bounded-read.ts";
import { checked } from "../files/checked.ts";
import { parseJson } from "../files/json.ts";
import type { PublishedFigures } from "./site.ts";

/** What is read of a report: see `Report` in compare/report.ts. */
const reportSchema = v.object({
  data: v.object({ name: v.string() }),
  samples: v.number(),
  figures: v.array(
    v.object({
      name: v.string(),
      label: v.string(),
      unit: v.string(),
      decimals: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20)),
      better: v.picklist(["lower", "higher", "target"]),
      definition: v.string(),
    }),
  ),
  rows: v.array(
    v.object({
      name: v.string(),
      kind: v.string(),
      values: v.record(
        v.string(),
        v.union([v.object({ value: v.number() }), v.object({ missing: v.string() })]),
      ),
    }),
  ),
});

/** Pictures of a report are in it: it can be large. */
const MAX_BYTES = 2 ** 28;

/**
 * Figures that the page shows of the families, in this order; the others are on the page of the comparison itself.
 */
const SHOWN = [
  "bitsPerDim",
  "precision",
  "recall",
  "coverage",
  "kernelDistance",
  "duplicates",
  "copies",
  "msPerPicture",
];

/** The figures in the `report.json` of a comparison. @throws NOT_FOUND, FORMAT */
export async function publishedFigures(file: string): Promise<PublishedFigures> {
  const report = checked(reportSchema, parseJson(await readBounded(file, MAX_BYTES), file), file);
  return {
    about: `${report.data.name}, ${report.samples} samples of each`,
    figures: SHOWN.flatMap((name) => report.figures.filter((figure) => figure.name === name)),
    rows: report.rows
      .filter(({ kind }) => kind === "run")
      .map(({ name, values }) => ({
        name,
        values: Object.fromEntries(Object.entries(values).filter(([figure]) => SHOWN.includes(figure))),
      })),
  };
}

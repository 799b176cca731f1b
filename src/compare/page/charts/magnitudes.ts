import { textWidth } from "./labels.ts";
import { markAt, type MarkedRow } from "../marks.ts";
import { capitalised, decimal, isMeasured, withUnit } from "../numbers.ts";
import type { ComparedFigure } from "../../report.ts";
import { logScale } from "./scale.ts";
import { textAt, WIDTH, type Chart } from "./chart.ts";
import { strips } from "./strips.ts";

/** Positive values below this are zero but for rounding. */
const LEAST = 1e-12;

/**
 * Positive values of one figure on a logarithmic axis, such as milliseconds per picture, which differ by orders of
 * magnitude. Undefined if no row has one.
 */
export function magnitudes(
  id: string,
  figure: ComparedFigure,
  rows: readonly MarkedRow[],
): Chart | undefined {
  const { name, label, unit, decimals } = figure;
  const found = rows.flatMap((marked) => {
    const value = marked.row.values[name];
    if (!isMeasured(value) || !(value.value >= LEAST && value.value < Infinity)) return [];
    return [{ marked, value: value.value, text: withUnit(decimal(value.value, decimals), unit) }];
  });
  if (found.length === 0) return undefined;
  const values = found.map(({ value }) => value);
  const scale = logScale(values, [10, WIDTH - 22]);
  const beside = (x: number, text: string) =>
    x + 10 + textWidth(text) < WIDTH
      ? textAt(text, x + 10, 0, "start", "name")
      : textAt(text, x - 10, 0, "end", "name");
  return {
    id,
    title: capitalised(label),
    caption: "The axis is logarithmic.",
    description: found.map(({ marked, text }) => `${marked.row.name}: ${text}.`).join(" "),
    ...strips(
      found.map(({ marked, value, text }) => ({
        marked,
        dots: [markAt(marked, scale.at(value), 0), beside(scale.at(value), text)],
      })),
      scale,
      unit,
    ),
  };
}

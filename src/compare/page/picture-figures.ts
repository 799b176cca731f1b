import { inlineMark, isolated, type MarkedRow } from "./marks.ts";
import { markup, type Content, type Markup } from "./markup.ts";
import { counted, decimal, isMeasured } from "./numbers.ts";
import type { ComparedFigure, NearestPair } from "../report.ts";

/** What controls are, above them. */
export const CONTROLS = "Controls: pictures of the data set, judged as if a model had drawn them";

/** The grids of all runs side by side, and below them those of the controls. */
export function pictures(rows: readonly MarkedRow[], figures: readonly ComparedFigure[]): Markup {
  const grids = (kind: "run" | "control") =>
    rows.filter(({ row }) => row.kind === kind).map((marked) => gridFigure(marked, figures));
  const controls = grids("control");
  return markup`
<section id="pictures" aria-labelledby="pictures-heading">
<h2 id="pictures-heading">Pictures</h2>
<div class="grids">${grids("run")}</div>
${
  controls.length === 0
    ? ""
    : markup`<h3>${CONTROLS}</h3>
<div class="grids controls">${controls}</div>`
}
</section>`;
}

function gridFigure(marked: MarkedRow, figures: readonly ComparedFigure[]): Markup {
  const { name, grid, family, model, parameters, steps } = marked.row;
  const facts = [
    ...(model === undefined
      ? []
      : [`${model}${family === undefined || family === model ? "" : ` (${family})`}`]),
    ...(parameters === undefined ? [] : [counted(parameters, "parameter")]),
    ...(steps === undefined ? [] : [counted(steps, "step")]),
    ...trainingTime(marked, figures),
  ];
  return markup`
<figure><img src="${grid}" alt="${`Pictures of ${name}`}">
<figcaption><strong>${inlineMark(marked)}${isolated(name)}</strong>${facts.map((fact) => markup`<span>${fact}</span>`)}</figcaption></figure>`;
}

/** Units of the time of training in minutes. */
const MINUTES: Readonly<Record<string, number>> = { s: 1 / 60, min: 1, h: 60 };

/** From the first figure of the cost that is told in seconds, minutes or hours: drawing takes milliseconds. */
function trainingTime({ row }: MarkedRow, figures: readonly ComparedFigure[]): string[] {
  const figure = figures.find(({ section, unit }) => section === "cost" && Object.hasOwn(MINUTES, unit));
  const value = figure && row.values[figure.name];
  if (!figure || !isMeasured(value)) return [];
  const minutes = value.value * MINUTES[figure.unit]!;
  const time = minutes < 1 ? `${decimal(60 * minutes)} s` : `${decimal(minutes, minutes < 10 ? 1 : 0)} min`;
  return [`${time} of training`];
}

/** Pictures of each row above the training pictures that are nearest to them; "" if there are none. */
export function nearestPairs(rows: readonly MarkedRow[]): Content {
  const pairs = (kind: "run" | "control") =>
    rows
      .filter(({ row }) => row.kind === kind && row.nearest.length > 0)
      .map(
        (marked) => markup`
<div><h4>${inlineMark(marked)}${isolated(marked.row.name)}</h4><ul>${marked.row.nearest.map(pair)}</ul></div>`,
      );
  const groups = [pairs("run"), pairs("control")].filter((group) => group.length > 0);
  if (groups.length === 0) return "";
  return markup`
<h3>Pictures nearest to a training picture</h3>
<p class="pairs-about">Above, a picture; below it, the training picture nearest to it; then their distance.</p>
${groups.map((group) => markup`<div class="pairs">${group}</div>`)}`;
}

const pair = ({ sample, training, distance }: NearestPair): Markup => markup`
<li><img src="${sample}" alt="drawn"><img src="${training}" alt="nearest of the training pictures">${decimal(distance, 3)}</li>`;

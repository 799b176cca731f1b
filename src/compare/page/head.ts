import { inlineMark, isolated, markedRows } from "./marks.ts";
import { markup, type Content, type Markup } from "./markup.ts";
import { counted, decimal } from "./numbers.ts";
import type { Report } from "../report.ts";

/** What was compared, on what, and what one must know of it. */
export function head(report: Report, title: string): Markup {
  const { data, classifier, machine, samples, seed, notes } = report;
  const runs = markedRows(report.rows).filter(({ row }) => row.kind === "run");
  return markup`
<h1>${title}</h1>
<p class="compared">${runs.map((marked) => markup`<span>${inlineMark(marked)}${isolated(marked.row.name)}</span> `)}</p>
<dl class="facts">
${fact("Data", [
  isolated(data.name),
  ` · ${data.cols} × ${data.rows} pixels, ${counted(data.channels, "channel")}, ${counted(data.levels, "level")}`,
  ` · ${counted(data.trainingPictures, "training picture")}, ${decimal(data.heldOutPictures)} held out`,
  data.classes ? ` · ${counted(data.classes.length, "class", "classes")}` : " · no labels",
])}
${fact("Samples", `${decimal(samples)} of each run, seed ${seed}`)}
${fact("Classifier", [
  classifierText(report),
  markup` · SHA-256 of its weights <code>${classifier.sha256}</code>`,
])}
${fact("Machine", machine)}
${fact("Made", [markup`<time datetime="${report.made}">${dateText(report.made)}</time>`, ` by nextpixel ${report.nextpixel}`])}
</dl>
${
  notes.length === 0
    ? ""
    : markup`<section class="notes" aria-labelledby="notes"><h2 id="notes">Notes</h2><ul>${notes.map((note) => markup`<li>${note}</li>`)}</ul></section>`
}`;
}

const fact = (name: string, value: Content): Markup => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`;

function classifierText({ classifier: { accuracy, seed, steps, features } }: Report): string {
  const trained =
    accuracy === null
      ? "untrained, since the data has no labels: its random weights give the features"
      : `${decimal(100 * accuracy, 2)} % of held-out pictures classified correctly, after ${counted(steps, "step")}`;
  return `${trained} · ${counted(features, "feature")} · seed ${seed}`;
}

/** "25 November 2026, 16:44 UTC"; as it stands if it is no date. */
function dateText(made: string): string {
  const time = Date.parse(made);
  if (Number.isNaN(time)) return made;
  const format = new Intl.DateTimeFormat("en-GB", {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return `${format.format(time).replace(" at ", ", ")} UTC`;
}

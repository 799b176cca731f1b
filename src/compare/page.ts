import { chartFigure, type Chart } from "./page/charts/chart.ts";
import { classBars } from "./page/charts/class-bars.ts";
import { distanceCurves } from "./page/charts/distances.ts";
import { magnitudes } from "./page/charts/magnitudes.ts";
import { scatter } from "./page/charts/scatter.ts";
import { seedStrips } from "./page/charts/seeds.ts";
import { head } from "./page/head.ts";
import { markedRows, type MarkedRow } from "./page/marks.ts";
import { markup, type Content, type Markup } from "./page/markup.ts";
import { nearestPairs, pictures } from "./page/picture-figures.ts";
import type { ComparedFigure, Report } from "./report.ts";
import { STYLE } from "./page/style.ts";
import { definitions, figureTable } from "./page/table.ts";

/**
 * A comparison as one HTML page that needs nothing else: no script, no network. Pictures are data URLs and charts are
 * SVG. Its policy forbids requests, should a picture of the report be anything but a data URL.
 */
export function comparisonPage(report: Report): string {
  const rows = markedRows(report.rows);
  const title = `${rows.filter(({ row }) => row.kind === "run").length === 1 ? "One model" : "Models"} of ${report.data.name} compared`;
  const sections = SECTIONS.flatMap((section) => {
    const figures = report.figures.filter((figure) => figure.section === section.id);
    const charts = section.charts(report, rows, figures).filter((group) => group.length > 0);
    const pictures = section.pictures?.(rows) ?? "";
    return figures.length + charts.length === 0 && pictures === ""
      ? []
      : [{ ...section, content: sectionContent(section, figures, rows, charts, pictures) }];
  });
  const links = [{ id: "pictures", heading: "Pictures" }, ...sections];
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="nextpixel ${report.nextpixel}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<header>
${head(report, title)}
<nav aria-label="Sections">${links.map(({ id, heading }) => markup`<a href="#${id}">${heading}</a> `)}</nav>
</header>
<main>
${pictures(rows, report.figures)}
${sections.map(({ content }) => content)}
</main>
</body>
</html>
`.markup;
}

interface Section {
  readonly id: ComparedFigure["section"];
  readonly heading: string;
  readonly about: string;
  /** In groups, each from a line of its own on. */
  charts(
    report: Report,
    rows: readonly MarkedRow[],
    figures: readonly ComparedFigure[],
  ): readonly (readonly Chart[])[];
  pictures?(rows: readonly MarkedRow[]): Content;
}

/** Figures of the diversity that say more as a pair: how true the pictures are, and how varied. */
const PAIRS = [
  ["precision", "recall"],
  ["density", "coverage"],
] as const;

const present = (chart: Chart | undefined): readonly Chart[] => (chart ? [chart] : []);

const SECTIONS: readonly Section[] = [
  {
    id: "likelihood",
    heading: "Likelihood",
    about: "How probable each model says the held-out pictures are.",
    charts: () => [],
  },
  {
    id: "diversity",
    heading: "Diversity",
    about: "Whether the pictures of a model are as varied as the data, and as true to it.",
    charts: ({ data }, rows, figures) => {
      const named = (wanted: string) => figures.find(({ name }) => name === wanted);
      const pairs = PAIRS.flatMap(([across, up]) => {
        const [x, y] = [named(across), named(up)];
        return x && y ? present(scatter(`${up}-${across}`, x, y, rows)) : [];
      });
      return [pairs, data.classes ? classBars(rows, data.classes) : []];
    },
  },
  {
    id: "memorisation",
    heading: "Memorisation",
    about: "Whether a model repeats pictures that it was trained on.",
    charts: (_, rows) => [present(distanceCurves(rows))],
    pictures: nearestPairs,
  },
  {
    id: "stability",
    heading: "Stability",
    about: "What the same recipe gives when only the seed is another.",
    charts: ({ seeds }, rows) => [seedStrips(seeds, rows)],
  },
  {
    id: "cost",
    heading: "Cost",
    about: "What training and drawing take on the machine named above.",
    charts: (_, rows, figures) => [
      figures
        .filter(({ unit }) => unit === "ms")
        .flatMap((figure, i) => present(magnitudes(`cost-${i}`, figure, rows))),
    ],
  },
];

function sectionContent(
  { id, heading, about }: Section,
  figures: readonly ComparedFigure[],
  rows: readonly MarkedRow[],
  charts: readonly (readonly Chart[])[],
  pictures: Content,
): Markup {
  return markup`
<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${heading}</h2>
<p>${about}</p>
${figures.length === 0 ? "" : [figureTable(heading, figures, rows), definitions(figures)]}
${charts.map((group) => markup`<div class="charts">${group.map(chartFigure)}</div>`)}
${pictures}
</section>`;
}

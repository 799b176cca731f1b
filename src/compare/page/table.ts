import { inlineMark, isolated, type MarkedRow } from "./marks.ts";
import { markup, type Content, type Markup } from "./markup.ts";
import { decimal, measured, shortfall, withUnit } from "./numbers.ts";
import type { ComparedFigure, ComparedRow } from "../report.ts";

/**
 * Figures of runs and, below and apart, of controls. The best run of each figure is marked. Why a value is missing is
 * said in a line below the table. Controls that have nothing in these columns are left out.
 */
export function figureTable(
  caption: string,
  figures: readonly ComparedFigure[],
  rows: readonly MarkedRow[],
): Markup {
  const shown = rows.filter(({ row }) => row.kind === "run" || figures.some(({ name }) => row.values[name]));
  const controls = shown.filter(({ row }) => row.kind === "control");
  const reasons = [
    ...new Set(shown.flatMap(({ row }) => figures.flatMap(({ name }) => reasonOf(row, name) ?? []))),
  ];
  const line = (marked: MarkedRow) => markup`
<tr><th scope="row">${inlineMark(marked)}${isolated(marked.row.name)}</th>${figures.map((figure) => cell(marked.row, figure, reasons, bestOf(figure, rows)))}</tr>`;
  return markup`
<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
<table>
<caption>${caption}</caption>
<thead><tr><td></td>${figures.map(columnHead)}</tr></thead>
<tbody>${shown.filter(({ row }) => row.kind === "run").map(line)}
</tbody>${
    controls.length === 0
      ? ""
      : markup`
<tbody class="controls"><tr><th scope="rowgroup" colspan="${figures.length + 1}"><span>Controls: pictures of the data set, judged as if a model had drawn them</span></th></tr>${controls.map(line)}
</tbody>`
  }
</table>
</div>
${reasons.length === 0 ? "" : markup`<ul class="reasons">${reasons.map((reason, i) => markup`<li><sup>${letter(i)}</sup> ${reason}</li>`)}</ul>`}`;
}

const DIRECTIONS = {
  lower: ["↓", "lower is better"],
  higher: ["↑", "higher is better"],
} as const;

function columnHead({ label, unit, better, ideal }: ComparedFigure): Markup {
  const [sign, meaning] =
    better === "target" ? [`→ ${ideal ?? ""}`, "is best, nearer is better"] : DIRECTIONS[better];
  return markup`<th scope="col">${label} <span class="unit">${unit} <span aria-hidden="true">${sign}</span></span><span class="unseen"> ${better === "target" ? `${ideal ?? ""} ` : ""}${meaning}</span></th>`;
}

function cell(row: ComparedRow, figure: ComparedFigure, reasons: readonly string[], best: number): Content {
  const value = row.values[figure.name];
  if (value === undefined) return markup`<td><span class="unseen">does not apply</span></td>`;
  if ("missing" in value) {
    return markup`<td class="missing">—<sup>${letter(reasons.indexOf(value.missing))}</sup></td>`;
  }
  const text = measured(figure, value);
  const isBest = row.kind === "run" && shortfall(figure, value.value) === best;
  return isBest
    ? markup`<td class="best"><strong>${text}</strong><span class="unseen"> (best)</span></td>`
    : markup`<td>${text}</td>`;
}

/** How far the best of several runs is from the best there could be; NaN, which nothing equals, if there are not two. */
function bestOf(figure: ComparedFigure, rows: readonly MarkedRow[]): number {
  const shortfalls = rows.flatMap(({ row }) => {
    const value = row.values[figure.name];
    return row.kind === "run" && value && "value" in value ? [shortfall(figure, value.value)] : [];
  });
  return shortfalls.length < 2 ? Number.NaN : Math.min(...shortfalls.filter((value) => !Number.isNaN(value)));
}

function reasonOf(row: ComparedRow, name: string): string | undefined {
  const value = row.values[name];
  return value && "missing" in value ? value.missing : undefined;
}

/** a, b, ..., z, aa, ab, ... */
const letter = (i: number): string =>
  i < 26 ? String.fromCharCode(97 + i) : letter(Math.floor(i / 26) - 1) + letter(i % 26);

/** What each figure is, where it comes from, and what its best value would be: one line each. */
export const definitions = (figures: readonly ComparedFigure[]): Markup => markup`
<dl class="definitions">${figures.map(
  (figure) => markup`
<div><dt>${figure.label}</dt><dd>${sentence(figure.definition)} ${idealText(figure)} <cite>${sentence(figure.source)}</cite></dd></div>`,
)}
</dl>`;

function idealText({ better, ideal, decimals, unit }: ComparedFigure): string {
  const value = ideal === undefined ? undefined : withUnit(decimal(ideal, decimals), unit);
  if (better === "target") return value === undefined ? "" : `Best: ${value}.`;
  const direction = better === "lower" ? "Lower is better" : "Higher is better";
  return value === undefined ? `${direction}.` : `${direction}; perfect samples would give ${value}.`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

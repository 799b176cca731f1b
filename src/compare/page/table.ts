import { inlineMark, isolated, type MarkedRow } from "./marks.ts";
import { markup, type Markup } from "./markup.ts";
import { boundSign, decimal, isMeasured, shortfall, spreadText, valueText, withUnit } from "./numbers.ts";
import { CONTROLS } from "./picture-figures.ts";
import type { ComparedFigure, ComparedRow } from "../report.ts";

interface Column {
  readonly figure: ComparedFigure;
  /** How far its best run is from the best there could be; undefined if no run is better than another. */
  readonly best: number | undefined;
}

/**
 * Figures of runs and, below and apart, of controls. The best run of each figure is marked. Why a value is missing is
 * said in a line below the table. Controls that have nothing in these columns are left out.
 */
export function figureTable(
  caption: string,
  figures: readonly ComparedFigure[],
  rows: readonly MarkedRow[],
): Markup {
  const runs = rows.filter(({ row }) => row.kind === "run");
  const controls = rows.filter(
    ({ row }) => row.kind === "control" && figures.some(({ name }) => isMeasured(row.values[name])),
  );
  const shown = [...runs, ...controls];
  const columns = figures.map((figure) => columnOf(figure, runs));
  const reasons = [
    ...new Set(shown.flatMap(({ row }) => figures.flatMap(({ name }) => reasonOf(row, name) ?? []))),
  ];
  const bounds = boundNotes(figures, shown);
  const shaded = `Shaded: the best of the runs${bounds.length > 0 ? ", bounds taken as they are" : ""}.`;
  const notes = [...(columns.some(({ best }) => best !== undefined) ? [shaded] : []), ...bounds];
  const line = (marked: MarkedRow) => markup`
<tr><th scope="row">${inlineMark(marked)}${isolated(marked.row.name)}</th>${columns.map((column) => cell(marked.row, column, reasons))}</tr>`;
  return markup`
<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
<table>
<caption>${caption}</caption>
<thead><tr><td></td>${figures.map(columnHead)}</tr></thead>
<tbody>${runs.map(line)}
</tbody>${
    controls.length === 0
      ? ""
      : markup`
<tbody class="controls"><tr><th scope="rowgroup" colspan="${figures.length + 1}"><span>${CONTROLS}</span></th></tr>${controls.map(line)}
</tbody>`
  }
</table>
</div>
${notes.length === 0 ? "" : markup`<p class="note">${notes.join(" ")}</p>`}
${reasons.length === 0 ? "" : markup`<ul class="reasons">${reasons.map((reason, i) => markup`<li><sup>${letter(i)}</sup> ${reason}</li>`)}</ul>`}`;
}

function columnOf(figure: ComparedFigure, runs: readonly MarkedRow[]): Column {
  const shortfalls = runs.flatMap(({ row }) => {
    const value = row.values[figure.name];
    return isMeasured(value) && !Number.isNaN(value.value) ? [shortfall(figure, value.value)] : [];
  });
  return { figure, best: new Set(shortfalls).size > 1 ? Math.min(...shortfalls) : undefined };
}

const DIRECTIONS = {
  lower: ["↓", "lower is better"],
  higher: ["↑", "higher is better"],
  target: ["→", "is best"],
} as const;

function columnHead({ label, unit, better, ideal }: ComparedFigure): Markup {
  const [sign, meaning] = DIRECTIONS[better];
  const target = better === "target" ? String(ideal ?? "") : "";
  return markup`<th scope="col">${label}<span class="unit"> ${unit} <span aria-hidden="true">${sign}</span> ${target}<span class="unseen"> ${meaning}</span></span></th>`;
}

function cell(row: ComparedRow, { figure, best }: Column, reasons: readonly string[]): Markup {
  const value = row.values[figure.name];
  if (value === undefined) return markup`<td><span class="unseen">does not apply</span></td>`;
  if ("missing" in value) {
    return markup`<td class="missing">—<sup>${letter(reasons.indexOf(value.missing))}</sup></td>`;
  }
  const text = valueText(figure, value);
  const spread =
    value.spread === undefined ? "" : markup`<span class="spread">${spreadText(figure, value)}</span>`;
  return row.kind === "run" && shortfall(figure, value.value) === best
    ? markup`<td class="best"><strong>${text}</strong>${spread}<span class="unseen"> (best)</span></td>`
    : markup`<td>${text}${spread}</td>`;
}

/** What the sign before a bound means, if there is one. */
function boundNotes(figures: readonly ComparedFigure[], rows: readonly MarkedRow[]): string[] {
  const found = figures.flatMap((figure) =>
    rows.flatMap(({ row }) => {
      const value = row.values[figure.name];
      return isMeasured(value) ? [{ sign: boundSign(figure, value), kind: value.kind }] : [];
    }),
  );
  const has = (wanted: string) => found.some(({ sign }) => sign === wanted);
  const bounds = [
    ...(has("≤") ? ["≤: an upper bound; the true value may be less."] : []),
    ...(has("≥") ? ["≥: a lower bound; the true value may be more."] : []),
  ];
  const isToldOfAll = found.every(({ kind }) => kind);
  return bounds.length > 0 && isToldOfAll ? [...bounds, "Values without a sign are exact."] : bounds;
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
<div><dt>${figure.label}</dt><dd>${sentence(figure.definition)} ${idealText(figure)} <cite>(${figure.source})</cite></dd></div>`,
)}
</dl>`;

function idealText({ better, ideal, decimals, unit }: ComparedFigure): string {
  const value = ideal === undefined ? undefined : withUnit(decimal(ideal, decimals), unit);
  if (better === "target") return value === undefined ? "" : `Best: ${value}.`;
  const direction = better === "lower" ? "Lower is better" : "Higher is better";
  return value === undefined ? `${direction}.` : `${direction}; perfect samples would give ${value}.`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

import { markup, type Markup } from "./markup.ts";
import type { ComparedRow } from "../report.ts";

/** What stands for a row in all tables and charts. Shapes differ as well as colours, for those who see none. */
interface Mark {
  readonly shape: Shape;
  /** A class of the style sheet. */
  readonly colour: string;
}

export interface MarkedRow extends Mark {
  readonly row: ComparedRow;
}

/** Around the origin, in a square of 10 by 10. */
const SHAPES = {
  circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z",
  square: "M-4.4-4.4h8.8v8.8h-8.8Z",
  triangle: "M0-5.4L5.4 4.4H-5.4Z",
  diamond: "M0-6L6 0L0 6L-6 0Z",
  wedge: "M0 5.4L5.4-4.4H-5.4Z",
} as const;
type Shape = keyof typeof SHAPES;

const shapes = Object.keys(SHAPES) as Shape[];

/** How many colours for runs the style sheet has. */
const COLOURS = 5;

/** Runs first, then controls, in the order of the report. Controls are hollow and have no colour. */
export function markedRows(rows: readonly ComparedRow[]): MarkedRow[] {
  const of = (kind: ComparedRow["kind"]) => rows.filter((row) => row.kind === kind);
  return [
    ...of("run").map((row, i) => ({
      row,
      // After as many runs as there are colours, each colour gets another shape.
      shape: shapes[(i + Math.floor(i / COLOURS)) % shapes.length]!,
      colour: `run-${i % COLOURS}`,
    })),
    ...of("control").map((row, i) => ({ row, shape: shapes[i % shapes.length]!, colour: "control" })),
  ];
}

/** A mark within a chart. */
export const markAt = ({ shape, colour }: Mark, x: number, y: number): Markup =>
  markup`<path class="mark ${colour}" d="${SHAPES[shape]}" transform="translate(${x} ${y})"/>`;

/** The mark of what belongs to a row, but failed. */
export const hollowAt = (marked: Mark, x: number, y: number): Markup =>
  markup`<g class="hollow">${markAt(marked, x, y)}</g>`;

/** The mark of what belongs to a row, but broke off. */
export const crossAt = ({ colour }: Mark, x: number, y: number): Markup =>
  markup`<path class="cross ${colour}" d="M-4.5-4.5L4.5 4.5M4.5-4.5L-4.5 4.5" transform="translate(${x} ${y})"/>`;

/** A mark within text, for the eye only: the name stands beside it. */
export const inlineMark = (marked: MarkedRow): Markup =>
  markup`<svg class="inline-mark" viewBox="-6.5 -6.5 13 13" aria-hidden="true">${markAt(marked, 0, 0)}</svg>`;

/** A name in its own direction of writing, so that it does not turn round what stands beside it. */
export const isolated = (name: string): Markup => markup`<bdi>${name}</bdi>`;

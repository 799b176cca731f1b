import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { writeError } from "../src/files/system-error.ts";

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Between which values each point lies, if it is a mean: shown as a band. */
  readonly ranges?: readonly (readonly [low: number, high: number])[] | undefined;
}

export interface LineChart {
  readonly title: string;
  /** On a scale of powers of two there is a tick at every point; an even one begins at 0. */
  readonly x: { readonly label: string; readonly scale: "powers of two" | "even" };
  readonly y: { readonly label: string; readonly fromZero: boolean };
  /** A single line has the values written at its points; several have a legend. */
  readonly lines: readonly Line[];
}

/** Without a legend. */
const [WIDTH, HEIGHT] = [640, 320];
const LEGEND_WIDTH = 190;
const MARGIN = { left: 64, right: 24, top: 44, bottom: 48 };
// Told apart by colour-blind people too (Okabe, Ito 2008), after the blue of single lines.
const COLOURS = ["#1f6feb", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00"];

/** Lines through points as an SVG picture. */
export function lineChart({ title, x, y, lines }: LineChart): string {
  const xs = lines.flatMap(({ points }) => points.map((at) => at[0]));
  const ys = lines.flatMap(({ points, ranges = [] }) => [...points.map((at) => at[1]), ...ranges.flat()]);
  const isEven = x.scale === "even";
  const scaled = isEven ? (value: number) => value : Math.log2;
  const xTicks = isEven ? ticksUpTo(0, Math.max(...xs)) : [...new Set(xs)];
  const [first, last] = [scaled(isEven ? 0 : Math.min(...xs)), scaled(Math.max(...xs))];
  const low = y.fromZero ? 0 : Math.min(...ys);
  // Room for what is written above the highest point; all may be equally high.
  const yTicks = ticksAround(low, low + (Math.max(...ys) - low || 1) * 1.15);
  const [bottom, top] = [yTicks[0]!, yTicks.at(-1)!];
  const [innerWidth, innerHeight] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  const toX = (value: number) => MARGIN.left + (innerWidth * (scaled(value) - first)) / (last - first);
  const toY = (value: number) => MARGIN.top + innerHeight * (1 - (value - bottom) / (top - bottom));

  const middle = 'text-anchor="middle"';
  const width = lines.length > 1 ? WIDTH + LEGEND_WIDTH : WIDTH;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${width}" height="${HEIGHT}" fill="white"/>`,
    text(MARGIN.left, 26, title, 'font-size="15"'),
    ...yTicks.flatMap((tick) => [
      stroke(MARGIN.left, WIDTH - MARGIN.right, toY(tick), "#ddd"),
      text(MARGIN.left - 8, toY(tick) + 4, String(tick), 'text-anchor="end"'),
    ]),
    ...xTicks.map((tick) => text(toX(tick), HEIGHT - MARGIN.bottom + 20, String(tick), middle)),
    ...lines.flatMap(({ points, ranges }, i) => {
      const colour = COLOURS[i % COLOURS.length]!;
      const at = (end: 0 | 1) => (range: readonly [number, number], k: number) =>
        [toX(points[k]![0]), toY(range[end])] as const;
      const band = ranges && [...ranges.map(at(1)), ...ranges.map(at(0)).toReversed()];
      return [
        ...(band ? [`<polygon fill="${colour}" fill-opacity="0.2" points="${pointList(band)}"/>`] : []),
        ...drawn(
          points.map(([x, y]) => [toX(x), toY(y)]),
          colour,
        ),
      ];
    }),
    ...(lines.length > 1
      ? legend(lines)
      : lines[0]!.points.map(([x, y]) => text(toX(x), toY(y) - 12, y.toFixed(1), middle))),
    text(MARGIN.left + innerWidth / 2, HEIGHT - 8, x.label, middle),
    text(
      16,
      MARGIN.top + innerHeight / 2,
      y.label,
      `${middle} transform="rotate(-90 16 ${MARGIN.top + innerHeight / 2})"`,
    ),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

const text = (x: number, y: number, content: string, attributes = "") =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(content)}</text>`;

const stroke = (x1: number, x2: number, y: number, colour: string, width = 1) =>
  `<line x1="${x1}" x2="${x2}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="${colour}" stroke-width="${width}"/>`;

const pointList = (points: readonly (readonly [number, number])[]) =>
  points.map((at) => at.map((value) => value.toFixed(1)).join(",")).join(" ");

const drawn = (points: readonly (readonly [number, number])[], colour: string): string[] => [
  `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${pointList(points)}"/>`,
  ...points.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" fill="${colour}"/>`),
];

/** Beside the lines, from the top. */
const legend = (lines: readonly Line[]): string[] =>
  lines.flatMap(({ name }, i) => {
    const y = MARGIN.top + 16 + 20 * i;
    return [stroke(WIDTH, WIDTH + 20, y - 4, COLOURS[i % COLOURS.length]!, 2), text(WIDTH + 28, y, name)];
  });

/** Round numbers from the one at or below `low` to the one at or above `high`. */
function ticksAround(low: number, high: number): number[] {
  const step = niceStep(high - low);
  const start = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step) - start + 1 }, (_, i) => rounded((start + i) * step));
}

/** Round numbers between `low` and `high`. */
const ticksUpTo = (low: number, high: number) => ticksAround(low, high).filter((tick) => tick <= high);

/** 1, 2 or 5 times a power of ten, so that four to nine of them reach over the range. */
function niceStep(range: number): number {
  const power = 10 ** Math.floor(Math.log10(range / 4));
  return [5, 2, 1].map((factor) => factor * power).find((step) => range / step >= 4) ?? power;
}

/** Without what binary fractions add: 0.3 rather than 0.30000000000000004. */
const rounded = (value: number) => Number(value.toPrecision(6));

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** A table as Markdown. */
export const markdownTable = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** WRITE error if the file could not be written: better now than after an hour. */
export async function checkWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
  } catch (cause) {
    throw writeError(file, cause);
  }
}

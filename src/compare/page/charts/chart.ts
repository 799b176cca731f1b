import { markup, type Content, type Markup } from "../markup.ts";
import type { Scale } from "./scale.ts";
import { LINE, shortenedTo, type LabelBox } from "./labels.ts";

/** Charts are this wide, in their own units, so that their letters can be read on a telephone. */
export const WIDTH = 360;

export interface Chart {
  /** Another for each chart of a page. */
  readonly id: string;
  readonly title: string;
  /** How to read it, in one sentence. */
  readonly caption: Content;
  /** What it shows, in words, for those who do not see it. */
  readonly description: string;
  readonly height: number;
  readonly content: Content;
}

/** A chart with what is written above it. */
export const chartFigure = ({ id, title, caption, description, height, content }: Chart): Markup => markup`
<figure class="chart">
<figcaption><strong>${title}</strong> ${caption}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>
${content}
</svg>
</figure>`;

/** Text whose middle line is at `y`. */
export const textAt = (
  text: Content,
  x: number,
  y: number,
  anchor: LabelBox["anchor"] = "start",
  style = "",
): Markup => markup`<text class="${style}" x="${x}" y="${y + 4}" text-anchor="${anchor}">${text}</text>`;

/** A label in its place. */
export const labelAt = (text: string, { x, y, width, height, anchor }: LabelBox, style: string): Markup =>
  textAt(text, x + { start: 0, middle: width / 2, end: width }[anchor], y + height / 2, anchor, style);

/** What lies beside an axis: lines from each tick across the chart, labels, and the title of the axis. */
interface AxisOptions {
  readonly title: string;
  /** How far its lines go, across the axis: from the labels to the opposite side. */
  readonly across: readonly [labels: number, opposite: number];
}

/** A horizontal axis with labels below it, and its title below them, at the right. */
export function axisBelow({ ticks, to, at }: Scale, { title, across: [bottom, top] }: AxisOptions): Markup {
  return markup`<g>${ticks.map(
    ({ value, label }) =>
      markup`<path class="grid" d="M${at(value)} ${bottom}V${top}"/>${textAt(label, at(value), bottom + 10, "middle", "tick")}`,
  )}${textAt(shortenedTo(title, WIDTH - 40), to, bottom + 12 + LINE, "end", "axis")}</g>`;
}

/** A vertical axis with labels to the left of it, and its title above them. */
export function axisLeft({ ticks, to, at }: Scale, { title, across: [left, right] }: AxisOptions): Markup {
  return markup`<g>${ticks.map(
    ({ value, label }) =>
      markup`<path class="grid" d="M${left} ${at(value)}H${right}"/>${textAt(label, left - 6, at(value), "end", "tick")}`,
  )}${textAt(shortenedTo(title, WIDTH), 0, to - LINE - 2, "start", "axis")}</g>`;
}

/** A line through points. */
export const lineThrough = (points: readonly { readonly x: number; readonly y: number }[]): string =>
  `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

import {
  besides,
  LINE,
  placed,
  shortenedTo,
  textWidth,
  type Box,
  type LabelBox,
  type Point,
} from "./labels.ts";
import { markAt, type MarkedRow } from "../marks.ts";
import { markup, type Markup } from "../markup.ts";
import { decimal } from "../numbers.ts";
import { linearScale } from "./scale.ts";
import { axisBelow, axisLeft, labelAt, lineThrough, WIDTH, type Chart } from "./chart.ts";

const HEIGHT = 320;
const AREA: Box = { x: 44, y: 30, width: WIDTH - 44 - 14, height: HEIGHT - 30 - 34 };
/** Of a curve; it has no more than fit into the width of a chart. */
const POINTS = 120;
/** From the mark on a curve to its label. */
const AWAY = 9;
const LONGEST_LABEL = 180;
/** Of a curve, where its mark and label may stand; the middle first, where curves are steep and far apart. */
const LABEL_HEIGHTS = [0.5, 0.6, 0.4, 0.7, 0.3, 0.8, 0.2, 0.9, 0.1, 0.95, 0.05];

/**
 * How the distances to the nearest training picture are distributed: for each distance, the share of a row's pictures
 * that are as near or nearer. Undefined if no row has any.
 */
export function distanceCurves(rows: readonly MarkedRow[]): Chart | undefined {
  const found = rows.filter(({ row }) => row.distances.length > 0);
  if (found.length === 0) return undefined;
  const right = AREA.x + AREA.width;
  const bottom = AREA.y + AREA.height;
  const xScale = linearScale([0, ...found.map(({ row }) => row.distances.at(-1)!)], [AREA.x, right]);
  const yScale = linearScale([0, 100], [bottom, AREA.y]);
  const curves = found.map((marked) => {
    const at = (share: number): Point => ({
      x: xScale.at(quantile(marked.row.distances, share)),
      y: yScale.at(100 * share),
    });
    return {
      marked,
      label: shortenedTo(marked.row.name, LONGEST_LABEL),
      at,
      points: Array.from({ length: POINTS + 1 }, (_, i) => at(i / POINTS)),
    };
  });
  const boxes = placed(
    curves.map(({ label, at }) =>
      LABEL_HEIGHTS.flatMap((height) => besides(at(height), textWidth(label), AWAY)),
    ),
    curves.flatMap(({ points }) => points),
    { ...AREA, width: AREA.width + 12 },
  );
  return {
    id: "distances",
    title: "Distance to the nearest training picture",
    caption:
      "The share of pictures that have a training picture within each distance. " +
      "A curve far to the left of the controls' shows that training pictures are repeated.",
    description: curves
      .map(
        ({ marked: { row } }) =>
          `${row.name}: a tenth within ${decimal(quantile(row.distances, 0.1), 3)}, ` +
          `half within ${decimal(quantile(row.distances, 0.5), 3)}, nine tenths within ${decimal(quantile(row.distances, 0.9), 3)}.`,
      )
      .join(" "),
    height: HEIGHT,
    content: [
      axisBelow(xScale, {
        title: "distance: root mean square of the levels, 0 to 1",
        across: [bottom, AREA.y],
      }),
      axisLeft(yScale, { title: "pictures within the distance, %", across: [AREA.x, right] }),
      curves.map(
        ({ marked, points }, i) =>
          markup`<path class="curve ${marked.colour} dash-${marked.row.kind === "run" ? 0 : 1 + (i % 3)}" d="${lineThrough(points)}"/>`,
      ),
      curves.map(({ marked, label }, i) => labelAt(label, boxes[i]!, `name text-${marked.colour}`)),
      curves.map(({ marked }, i) => markBeside(marked, boxes[i]!)),
    ],
  };
}

/** The distance that this share of ascending distances does not exceed. */
const quantile = (ascending: readonly number[], share: number): number =>
  ascending[Math.round(share * (ascending.length - 1))]!;

/** Where the label of a curve stands, its mark is on the curve. */
const markBeside = (marked: MarkedRow, { x, y, width, anchor }: LabelBox): Markup =>
  markAt(marked, anchor === "start" ? x - AWAY : x + width + AWAY, y + LINE / 2);

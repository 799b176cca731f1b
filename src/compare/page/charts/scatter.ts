import { besides, LINE, placed, shortenedTo, textWidth, type Box, type LabelBox } from "./labels.ts";
import { markAt, type MarkedRow } from "../marks.ts";
import { markup, type Markup } from "../markup.ts";
import { type Measured, capitalised, isMeasured, spreadText, valueText, withUnit } from "../numbers.ts";
import type { ComparedFigure, ComparedRow } from "../../report.ts";
import { linearScale } from "./scale.ts";
import { axisBelow, axisLeft, labelAt, WIDTH, type Chart } from "./chart.ts";

const HEIGHT = 300;
const AREA: Box = { x: 38, y: 30, width: WIDTH - 38 - 14, height: HEIGHT - 30 - 34 };
/** From the middle of a mark to its label. */
const AWAY = 10;
const LONGEST_LABEL = 190;

/** One figure over another, a mark for each row that has both; undefined if none has. */
export function scatter(
  id: string,
  across: ComparedFigure,
  up: ComparedFigure,
  rows: readonly MarkedRow[],
): Chart | undefined {
  const found = rows.flatMap((marked) => {
    const [x, y] = [valueOf(marked.row, across), valueOf(marked.row, up)];
    return x && y ? [{ marked, x, y }] : [];
  });
  if (found.length === 0) return undefined;
  const right = AREA.x + AREA.width;
  const bottom = AREA.y + AREA.height;
  const ends = ({ value, spread = 0 }: Measured) => [value - spread, value + spread];
  const xScale = linearScale(
    found.flatMap(({ x }) => ends(x)),
    [AREA.x, right],
  );
  const yScale = linearScale(
    found.flatMap(({ y }) => ends(y)),
    [bottom, AREA.y],
  );
  const points = found.map(({ marked, x, y }) => ({
    marked,
    x: xScale.at(x.value),
    y: yScale.at(y.value),
    bars: [
      ...(x.spread ? [[xScale.at(x.value - x.spread), "H", xScale.at(x.value + x.spread)] as const] : []),
      ...(y.spread ? [[yScale.at(y.value - y.spread), "V", yScale.at(y.value + y.spread)] as const] : []),
    ],
    label: shortenedTo(marked.row.name, LONGEST_LABEL),
  }));
  const boxes = placed(
    points.map(({ x, y, label }) => labelPlaces(x, y, textWidth(label))),
    points.flatMap(({ x, y }) => corners(x, y)),
    { x: AREA.x, y: AREA.y - LINE, width: AREA.width + 12, height: AREA.height + LINE },
  );
  return {
    id,
    title: capitalised(`${up.label} over ${across.label}`),
    caption: `Best: ${bestText(up)}, ${bestText(across)}.`,
    description: found
      .map(
        ({ marked, x, y }) =>
          `${marked.row.name}: ${across.label} ${inWords(across, x)}, ${up.label} ${inWords(up, y)}.`,
      )
      .join(" "),
    height: HEIGHT,
    content: [
      axisBelow(xScale, { title: titleOf(across), across: [bottom, AREA.y] }),
      axisLeft(yScale, { title: titleOf(up), across: [AREA.x, right] }),
      points.map(({ x, y, marked, bars }) =>
        bars.map(
          ([from, way, to]) =>
            markup`<path class="spread ${marked.colour}" d="${way === "H" ? `M${from} ${y}H${to}` : `M${x} ${from}V${to}`}"/>`,
        ),
      ),
      points.map(({ x, y }, i) => leader(x, y, boxes[i]!)),
      points.map(({ label, marked }, i) => labelAt(label, boxes[i]!, `name ${marked.row.kind}`)),
      points.map(({ x, y, marked }) => markAt(marked, x, y)),
    ],
  };
}

function valueOf(row: ComparedRow, { name }: ComparedFigure) {
  const value = row.values[name];
  return isMeasured(value) && Number.isFinite(value.value) ? value : undefined;
}

const inWords = (figure: ComparedFigure, value: Measured): string =>
  withUnit(valueText(figure, value) + spreadText(figure, value), figure.unit);

const titleOf = ({ label, unit }: ComparedFigure): string => (unit === "" ? label : `${label}, ${unit}`);

function bestText({ label, better, ideal }: ComparedFigure): string {
  if (better !== "target") return `${better === "higher" ? "high" : "low"} ${label}`;
  return ideal === undefined ? label : `${label} near ${ideal}`;
}

/** Beside the mark, above it and below it; then ever further up and down, to its right and left. */
function labelPlaces(x: number, y: number, width: number): LabelBox[] {
  const centred = (middle: number): LabelBox => ({
    x: x - width / 2,
    y: middle - LINE / 2,
    width,
    height: LINE,
    anchor: "middle",
  });
  const further = [1, 2, 3, 4, 5, 6].flatMap((lines) => [-lines * LINE, lines * LINE]);
  return [
    ...besides({ x, y }, width, AWAY),
    centred(y - AWAY - LINE / 2),
    centred(y + AWAY + LINE / 2),
    ...further.flatMap((down) => besides({ x, y: y + down }, width, AWAY)),
  ];
}

/** A line to a label that does not stand beside its mark. */
function leader(x: number, y: number, { x: left, y: top, width, height }: Box): Markup | "" {
  const middle = top + height / 2;
  if (Math.abs(middle - y) <= AWAY + LINE / 2) return "";
  const end = left > x ? left - 2 : left + width + 2;
  return markup`<path class="leader" d="M${x} ${y}L${end} ${middle}"/>`;
}

/** What a mark covers. */
const corners = (x: number, y: number) =>
  [-6, 0, 6].flatMap((dx) => [-6, 0, 6].map((dy) => ({ x: x + dx, y: y + dy })));

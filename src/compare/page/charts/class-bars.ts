import { shortenedTo, textWidth } from "./labels.ts";
import type { MarkedRow } from "../marks.ts";
import { markup } from "../markup.ts";
import { decimal } from "../numbers.ts";
import { linearScale } from "./scale.ts";
import { axisBelow, lineThrough, textAt, WIDTH, type Chart } from "./chart.ts";

/** More classes than these are shown by their frequency alone, without names. */
const MOST_NAMED = 30;
const TOP = 8;
/** Of the names of classes. */
const MOST_WIDTH = 90;
/** From one bar to the next, and of a bar. */
const PITCH = 16;
const BAR = 10;
const RANKED_HEIGHT = 150;

/**
 * For each run the share of its pictures that is of each class, against that of pictures of the data set: the first
 * control, whose classes the same classifier told.
 */
export function classBars(rows: readonly MarkedRow[], classNames: readonly string[]): Chart[] {
  const shares = rows.flatMap((marked) => {
    const total = marked.row.classes?.reduce((sum, count) => sum + count, 0) ?? 0;
    return total > 0 ? [{ marked, shares: marked.row.classes!.map((count) => (100 * count) / total) }] : [];
  });
  const data = shares.find(({ marked }) => marked.row.kind === "control");
  const runs = shares.filter(({ marked }) => marked.row.kind === "run");
  const most = Math.max(...runs.flatMap(({ shares }) => shares), ...(data?.shares ?? []));
  const named = classNames.length <= MOST_NAMED;
  return runs.map(({ marked, shares }, i) => {
    const against = data ? ` ${named ? "Lines" : "The line"}: the data (${data.marked.row.name}).` : "";
    const absent = shares.flatMap((share, label) => (share === 0 ? [classNames[label]!] : []));
    const chart = { shares, data: data?.shares, colour: marked.colour };
    return {
      id: `classes-${i}`,
      title: `Classes drawn by ${marked.row.name}`,
      caption: named
        ? `Bars: its pictures.${against}`
        : `The area: its pictures, the most frequent class first.${against}`,
      description: `${
        named ? shares.map((share, label) => `${classNames[label]}: ${decimal(share, 1)} %.`).join(" ") : ""
      } ${absent.length === 0 ? "Every class was drawn" : `${decimal(absent.length)} of ${decimal(classNames.length)} classes were not drawn`}.`,
      ...(named ? namedBars(chart, classNames, most) : ranked(chart, most)),
    };
  });
}

interface Shares {
  readonly shares: readonly number[];
  readonly data: readonly number[] | undefined;
  readonly colour: string;
}

/** A bar for each class, one below the other: names of any length have room beside them. */
function namedBars({ shares, data, colour }: Shares, classNames: readonly string[], most: number) {
  const names = classNames.map((name) => shortenedTo(name, MOST_WIDTH));
  const left = Math.max(...names.map(textWidth)) + 8;
  const scale = linearScale([0, most], [left, WIDTH - 14]);
  const bottom = TOP + shares.length * PITCH;
  const bar = (share: number, label: number) => {
    const middle = TOP + (label + 0.5) * PITCH;
    const dataAt = data && scale.at(data[label]!);
    return [
      markup`<path class="bar ${colour}" d="M${left} ${middle - BAR / 2}H${scale.at(share)}v${BAR}H${left}Z"/>`,
      dataAt === undefined ? "" : markup`<path class="data" d="M${dataAt} ${middle - 7}v14"/>`,
      textAt(names[label]!, left - 6, middle, "end", "name"),
    ];
  };
  return {
    height: bottom + 34,
    content: [axisBelow(scale, { title: "share of pictures, %", across: [bottom, TOP] }), shares.map(bar)],
  };
}

/** The shares of all classes in descending order: how unevenly they are drawn, and how many are not. */
function ranked({ shares, data, colour }: Shares, most: number) {
  const bottom = TOP + RANKED_HEIGHT;
  const up = linearScale([0, most], [bottom, TOP], 3);
  const steps = (values: readonly number[]) => {
    const width = (WIDTH - 14 - 44) / values.length;
    return values
      .toSorted((a, b) => b - a)
      .flatMap((share, rank) => [0, 1].map((end) => ({ x: 44 + (rank + end) * width, y: up.at(share) })));
  };
  return {
    height: bottom + 30,
    content: [
      up.ticks.map(
        ({ value, label }) =>
          markup`<path class="grid" d="M44 ${up.at(value)}H${WIDTH - 14}"/>${textAt(`${label} %`, 38, up.at(value), "end", "tick")}`,
      ),
      markup`<path class="bar ${colour}" d="${lineThrough(steps(shares))}V${bottom}H44Z"/>`,
      data ? markup`<path class="data" d="${lineThrough(steps(data))}"/>` : "",
      textAt(
        `${decimal(shares.length)} classes, most frequent first`,
        WIDTH - 14,
        bottom + 12,
        "end",
        "axis",
      ),
    ],
  };
}

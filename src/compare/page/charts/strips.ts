import { LINE, shortenedTo } from "./labels.ts";
import type { MarkedRow } from "../marks.ts";
import { markup, type Content } from "../markup.ts";
import type { Scale } from "./scale.ts";
import { axisBelow, textAt, WIDTH, type Chart } from "./chart.ts";

const TOP = 4;
/** Height of the line that dots lie on. */
const DOTS = 28;
const BETWEEN = 4;

/** A row and its dots along the axis. */
export interface Strip {
  readonly marked: MarkedRow;
  /** Below the name. */
  readonly note?: string;
  /** At height 0. */
  readonly dots: Content;
}

/** Strips one below the other over one axis, each under its name. */
export function strips(
  all: readonly Strip[],
  scale: Scale,
  axisTitle: string,
): Pick<Chart, "height" | "content"> {
  let bottom = TOP;
  const content = all.map(({ marked, note, dots }) => {
    const top = bottom;
    const middle = top + (note === undefined ? 1 : 2) * LINE + DOTS / 2;
    bottom = middle + DOTS / 2 + BETWEEN;
    return [
      textAt(shortenedTo(marked.row.name, WIDTH), 0, top + LINE / 2, "start", "name run"),
      note === undefined ? "" : textAt(shortenedTo(note, WIDTH), 0, top + 1.5 * LINE, "start", "name tick"),
      markup`<path class="track" d="M${scale.from} ${middle}H${scale.to}"/><g transform="translate(0 ${middle})">${dots}</g>`,
    ];
  });
  return {
    height: bottom + 32,
    content: [axisBelow(scale, { title: axisTitle, across: [bottom, TOP] }), content],
  };
}

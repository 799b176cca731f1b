/** A rectangle, by its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A place for a label. The width of its text is not known exactly, so it says where the text stands in the box. */
export interface LabelBox extends Box {
  readonly anchor: "start" | "middle" | "end";
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Chooses a place for each label in turn: the one of its candidates that covers least of the labels before it and of
 * what the chart shows, and lies within the area. Of equal ones the first, so candidates go from the best place to the
 * worst.
 */
export function placed(
  labels: readonly (readonly LabelBox[])[],
  shown: readonly Point[],
  area: Box,
): readonly LabelBox[] {
  const boxes: LabelBox[] = [];
  for (const candidates of labels) {
    const costs = candidates.map(
      (box) =>
        LABEL_COST * (boxes.filter((other) => overlap(box, other)).length + (within(box, area) ? 0 : 1)) +
        shown.filter((point) => holds(box, point)).length,
    );
    boxes.push(candidates[costs.indexOf(Math.min(...costs))]!);
  }
  return boxes;
}

/** How many points may be covered before another label is. */
const LABEL_COST = 1000;

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const within = (box: Box, area: Box): boolean =>
  box.x >= area.x &&
  box.y >= area.y &&
  box.x + box.width <= area.x + area.width &&
  box.y + box.height <= area.y + area.height;

const holds = ({ x, y, width, height }: Box, point: Point): boolean =>
  point.x > x && point.x < x + width && point.y > y && point.y < y + height;

/** A label's box beside a point, with its text next to the point. */
export const besides = ({ x, y }: Point, width: number, away: number): LabelBox[] => [
  { x: x + away, y: y - LINE / 2, width, height: LINE, anchor: "start" },
  { x: x - away - width, y: y - LINE / 2, width, height: LINE, anchor: "end" },
];

/** The height of a line of text, in units of the chart. */
export const LINE = 14;

/** About how wide letters are, in bold and in a wide font. The first that fits counts. */
const WIDTHS: readonly (readonly [letters: RegExp, width: number])[] = [
  [/[ijltfr.,:;'|!()[\] -]/, 4.5],
  [/[\u1100-\uFFFF]|[^\0-\uFFFF]|[WMm@%]/u, 12],
  [/\p{Lu}/u, 9],
  [/./su, 7.2],
];

const widthOf = (letter: string): number => WIDTHS.find(([letters]) => letters.test(letter))![1];

/** About how wide a text is, in units of the chart; the font is not known. */
export const textWidth = (text: string): number =>
  Array.from(text).reduce((width, letter) => width + widthOf(letter), 0);

/** As much of the beginning of a text as has room. */
export function shortenedTo(text: string, room: number): string {
  if (textWidth(text) <= room) return text;
  let width = widthOf("…");
  let beginning = "";
  for (const letter of text) {
    width += widthOf(letter);
    if (width > room) break;
    beginning += letter;
  }
  return `${beginning.trimEnd()}…`;
}

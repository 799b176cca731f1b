export interface Axis {
  readonly label: string;
  readonly values: readonly number[];
}

const [WIDTH, HEIGHT] = [640, 320];
const MARGIN = { left: 64, right: 24, top: 44, bottom: 48 };

/** A line through points as an SVG picture; x on a scale of powers of two, y from zero. */
export function lineChart({ title, x, y }: { title: string; x: Axis; y: Axis }): string {
  const [first, last] = [Math.log2(x.values[0]!), Math.log2(x.values.at(-1)!)];
  const step = niceStep(Math.max(...y.values) * 1.15);
  const top = Math.ceil((Math.max(...y.values) * 1.15) / step) * step;
  const [innerWidth, innerHeight] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  const toX = (value: number) => MARGIN.left + (innerWidth * (Math.log2(value) - first)) / (last - first);
  const toY = (value: number) => MARGIN.top + innerHeight * (1 - value / top);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  const points = x.values.map((value, i) => [toX(value), toY(y.values[i]!)] as const);

  const text = (at: readonly [number, number], content: string, attributes = "") =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${attributes}>${escaped(content)}</text>`;
  const middle = 'text-anchor="middle"';
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text([MARGIN.left, 26], title, 'font-size="15"'),
    ...ticks.flatMap((tick) => [
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${toY(tick).toFixed(1)}" y2="${toY(tick).toFixed(1)}" stroke="#ddd"/>`,
      text([MARGIN.left - 8, toY(tick) + 4], String(tick), 'text-anchor="end"'),
    ]),
    `<polyline fill="none" stroke="#1f6feb" stroke-width="2" points="${points.map((at) => at.map((v) => v.toFixed(1)).join(",")).join(" ")}"/>`,
    ...points.flatMap((at, i) => [
      `<circle cx="${at[0].toFixed(1)}" cy="${at[1].toFixed(1)}" r="4" fill="#1f6feb"/>`,
      text([at[0], at[1] - 12], y.values[i]!.toFixed(1), middle),
      text([at[0], HEIGHT - MARGIN.bottom + 20], String(x.values[i]), middle),
    ]),
    text([MARGIN.left + innerWidth / 2, HEIGHT - 8], x.label, middle),
    text(
      [16, MARGIN.top + innerHeight / 2],
      y.label,
      `${middle} transform="rotate(-90 16 ${MARGIN.top + innerHeight / 2})"`,
    ),
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

/** 1, 2 or 5 times a power of ten, so that four to nine of them reach the highest value. */
function niceStep(highest: number): number {
  const power = 10 ** Math.floor(Math.log10(highest / 4));
  return [5, 2, 1].map((factor) => factor * power).find((step) => highest / step >= 4) ?? power;
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

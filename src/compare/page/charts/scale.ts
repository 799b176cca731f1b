import { decimal } from "../numbers.ts";

/** Where values lie along an axis, in units of the chart. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly Tick[];
  at(value: number): number;
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

type Range = readonly [from: number, to: number];

/** A linear axis whose ends are ticks; ticks are 1, 2 or 5 times a power of ten apart. */
export function linearScale(values: readonly number[], [from, to]: Range, intervals = 5): Scale {
  const finite = values.filter(Number.isFinite);
  const [low, high] = widened(Math.min(...finite), Math.max(...finite));
  const step = roundStep((high - low) / intervals);
  const [first, last] = [Math.floor(low / step + SLACK), Math.ceil(high / step - SLACK)];
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + SLACK));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return {
    from,
    to,
    ticks: ticks.map((value) => ({ value, label: decimal(value, decimals) })),
    at: (value) => from + ((value / step - first) / (last - first)) * (to - from),
  };
}

/** A logarithmic axis over positive values, whole decades long. Ticks are powers of ten. */
export function logScale(values: readonly number[], [from, to]: Range): Scale {
  const [first, high] = [
    Math.floor(Math.log10(Math.min(...values))),
    Math.ceil(Math.log10(Math.max(...values))),
  ];
  const last = Math.max(high, first + 1);
  const every = Math.ceil((last - first) / 5);
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return {
    from,
    to,
    ticks: powers
      .filter((_, i) => i % every === 0)
      .map((power) => ({ value: 10 ** power, label: powerText(power) })),
    at: (value) => from + ((Math.log10(value) - first) / (last - first)) * (to - from),
  };
}

const powerText = (power: number): string =>
  Math.abs(power) > 6 ? `1e${power}` : decimal(10 ** power, Math.max(0, -power));

/** So that 0.30000000000000004 counts as 0.3. */
const SLACK = 1e-9;

/** A range wide enough for ticks: of values that differ by rounding alone, some of what is around them. */
function widened(low: number, high: number): Range {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > SLACK * Math.max(size, 1)) return [low, high];
  const half = Math.max(size / 20, 0.05);
  return [low - half, high + half];
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least - SLACK * power)!;
}

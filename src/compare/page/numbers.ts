import type { ComparedFigure, ComparedValue } from "../report.ts";

type Measured = Exclude<ComparedValue, { missing: string }>;

/** "-1,234.50" with a true minus sign, and never "-0.00". */
export function decimal(value: number, decimals = 0): string {
  if (Number.isNaN(value)) return "not a number";
  const size = Number.isFinite(value)
    ? Math.abs(value).toLocaleString("en-US", {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
      })
    : "∞";
  return value < 0 && /[1-9∞]/.test(size) ? `−${size}` : size;
}

/**
 * A value as tables show it, without its unit: "≤ 84.3 ± 0.2". Of a figure where lower is better, such as the nats of a
 * picture, a bound is an upper one: the true value is no larger. Of one where higher is better, it is a lower one.
 */
export function measured({ better, decimals }: ComparedFigure, { value, kind, spread }: Measured): string {
  const sign = kind !== "bound" ? "" : better === "higher" ? "≥ " : "≤ ";
  return `${sign}${decimal(value, decimals)}${spread === undefined ? "" : ` ± ${decimal(spread, decimals)}`}`;
}

/** "0.95", "50 %", "12 ms". */
export const withUnit = (text: string, unit: string): string => (unit === "" ? text : `${text} ${unit}`);

/** "1 run", "3 runs". */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${decimal(count)} ${count === 1 ? one : many}`;

/** "a, b and c". */
export const listed = (names: readonly string[]): string =>
  [names.slice(0, -1).join(", "), ...names.slice(-1)].filter((part) => part !== "").join(" and ");

/** How far a value is from the best that there could be; less is better. */
export function shortfall({ better, ideal = 0 }: ComparedFigure, value: number): number {
  if (better === "target") return Math.abs(value - ideal);
  return better === "lower" ? value : -value;
}

import type { ComparedFigure, ComparedValue } from "../report.ts";

export type Measured = Exclude<ComparedValue, { missing: string }>;

export const isMeasured = (value: ComparedValue | undefined): value is Measured =>
  value !== undefined && "value" in value;

/** "-1,234.50" with a true minus sign, and never "-0.00". */
export function decimal(value: number, decimals = 0): string {
  if (Number.isNaN(value)) return "not a number";
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole!.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
  const size = !Number.isFinite(value) ? "∞" : fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9∞]/.test(size) ? `−${size}` : size;
}

/**
 * What stands before a bound; "" if the value is none. Of a figure where lower is better, such as the nats of a
 * picture, a bound is an upper one: the true value is no larger. Of one where higher is better, it is a lower one.
 */
export function boundSign({ better }: ComparedFigure, { kind }: Measured): "≤" | "≥" | "" {
  if (kind !== "bound") return "";
  return better === "higher" ? "≥" : "≤";
}

/** A value as tables show it, without its unit: "84.3", "≤ 84.3". */
export const valueText = (figure: ComparedFigure, value: Measured): string =>
  [boundSign(figure, value), decimal(value.value, figure.decimals)].filter((part) => part !== "").join(" ");

/** What follows a value: " ± 0.2", or nothing. */
export const spreadText = ({ decimals }: ComparedFigure, { spread }: Measured): string =>
  spread === undefined ? "" : ` ± ${decimal(spread, decimals)}`;

/** "0.95", "50 %", "12 ms". */
export const withUnit = (text: string, unit: string): string => (unit === "" ? text : `${text} ${unit}`);

/** "1 run", "3 runs". */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${decimal(count)} ${count === 1 ? one : many}`;

/** "a, b and c". */
export const listed = (names: readonly string[]): string =>
  [names.slice(0, -1).join(", "), ...names.slice(-1)].filter((part) => part !== "").join(" and ");

/** How far a value is from the best that there could be, as precise as it is shown; less is better. */
export function shortfall({ better, decimals, ideal = 0 }: ComparedFigure, value: number): number {
  const away = better === "target" ? Math.abs(value - ideal) : better === "lower" ? value : -value;
  return Number(away.toFixed(decimals));
}

/** With a capital letter, as at the beginning of a sentence. */
export const capitalised = (text: string): string => text.replace(/^\p{Ll}/u, (first) => first.toUpperCase());

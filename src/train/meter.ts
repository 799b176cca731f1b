import type { FigureValues } from "./events.ts";

/** Adds up what the steps since the last record report. */
export interface Meter {
  add(figures: FigureValues, milliseconds: number): void;
  /** Means over the steps. */
  figures(): FigureValues;
  /** Mean duration of a step. */
  milliseconds(): number;
}

export function newMeter(): Meter {
  const sums: Record<string, number> = {};
  let [steps, time] = [0, 0];
  return {
    add(figures, milliseconds) {
      for (const [name, value] of Object.entries(figures)) sums[name] = (sums[name] ?? 0) + value;
      steps++;
      time += milliseconds;
    },
    figures: () => Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / steps])),
    milliseconds: () => time / steps,
  };
}

import {
  findLearningRate,
  type FindLearningRateOptions,
  type FoundLearningRate,
  type TestedRate,
} from "../train/find-lr.ts";
import type { RequestedTraining } from "../train/request.ts";
import { readingDisplay } from "./fetch-display.ts";
import { result, StatusLine } from "./output.ts";
import { untilInterrupted } from "./signals.ts";

/** Tests learning rates with progress on stderr, and prints the curve and the proposal. */
export async function showFoundRate(
  request: RequestedTraining,
  options: Pick<FindLearningRateOptions, "steps" | "threads">,
  json: boolean | undefined,
): Promise<void> {
  const status = new StatusLine();
  const found = await untilInterrupted(({ signal, needs }) => {
    let last = performance.now();
    return findLearningRate(request, {
      ...options,
      ...readingDisplay(),
      signal,
      onStep({ step, learningRate, value }) {
        status.show(
          `step ${step}/${options.steps}  learning rate ${short(learningRate)}  ${value.toFixed(2)}`,
        );
        const now = performance.now();
        needs(2 * (now - last));
        last = now;
      },
    });
  }).finally(() => status.clear());
  result(found, foundText(found), json);
}

/** The curve as a chart of bars, and the proposal. */
function foundText(found: FoundLearningRate): string {
  const { learningRate, rule, figure, curve, diverged } = found;
  const lines = [
    `learning rate   ${figure.label}`,
    ...chart(curve, figure.decimals),
    ...(diverged ? [`diverged after ${short(curve.at(-1)?.learningRate ?? 0)}`] : []),
    learningRate === undefined
      ? "no proposal: training diverged in the first step"
      : `proposal: --lr ${short(learningRate)} (${rule})`,
  ];
  return lines.join("\n");
}

const ROWS_PER_DECADE = 4;
const BAR = 50;

/** A line for each of four rates in a decade: rate, running mean, and a bar from the lowest mean to the first. */
function chart(curve: readonly TestedRate[], decimals: number): string[] {
  const rows = new Map<number, TestedRate>();
  for (const point of curve) rows.set(Math.round(ROWS_PER_DECADE * Math.log10(point.learningRate)), point);
  const means = curve.map(({ smoothed }) => smoothed);
  const [low, high] = [Math.min(...means), means[0]!];
  return [...rows.values()].map(({ learningRate, smoothed }) => {
    const share = Math.min(1, (smoothed - low) / (high - low || 1));
    const value = smoothed.toFixed(decimals).padStart(10);
    return `${short(learningRate).padEnd(13)}${value}  ${"#".repeat(Math.round(BAR * share))}`.trimEnd();
  });
}

/** A rate with two digits: 0.0012, or 1.2e-5. */
const short = (rate: number): string => {
  const rounded = Number(rate.toPrecision(2));
  return rounded >= 1e-4 ? String(rounded) : rounded.toExponential();
};

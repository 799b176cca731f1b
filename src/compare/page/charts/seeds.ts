import { crossAt, hollowAt, markAt, type MarkedRow } from "../marks.ts";
import type { Markup } from "../markup.ts";
import { capitalised, counted, listed } from "../numbers.ts";
import type { SeedOutcome } from "../../report.ts";
import { linearScale, type Scale } from "./scale.ts";
import { textAt, WIDTH, type Chart } from "./chart.ts";
import type { Point } from "./labels.ts";
import { strips } from "./strips.ts";

const LEFT = 10;
/** To the right of the axis: marks of seeds that have no value. */
const WITHOUT = 62;
/** The size of a mark, and the heights that one may have. */
const MARK = 9;
const HEIGHTS = [0, -MARK, MARK];

/** Where training with each seed ended: a chart for each figure that it is told by. */
export function seedStrips(seeds: readonly SeedOutcome[], rows: readonly MarkedRow[]): Chart[] {
  const runs = rows.flatMap((marked) => {
    const outcomes = seeds.filter(({ run }) => run === marked.row.name);
    const label = outcomes.find(({ figure }) => figure)?.figure?.label ?? "";
    return marked.row.kind === "run" && outcomes.length > 0 ? [{ marked, outcomes, label }] : [];
  });
  return [...new Set(runs.map(({ label }) => label))].map((label, i) => {
    const shown = runs.filter((run) => run.label === label);
    const all = shown.flatMap(({ outcomes }) => outcomes);
    const among = (wanted: SeedOutcome["outcome"], text: string) =>
      all.some(({ outcome }) => outcome === wanted) ? `, ${text}` : "";
    const isComplete = all.every(({ figure }) => figure);
    const values = all.flatMap(({ figure }) => (figure ? [figure.value] : []));
    const right = WIDTH - (isComplete ? 22 : 22 + WITHOUT);
    const scale = linearScale(values.length > 0 ? values : [0, 1], [LEFT, right]);
    const chart = strips(
      shown.map(({ marked, outcomes }) => ({
        marked,
        note: outcomesText(outcomes),
        dots: outcomeMarks(marked, outcomes, scale),
      })),
      values.length > 0 ? scale : { ...scale, ticks: [] },
      label,
    );
    return {
      id: `seeds-${i}`,
      title: `${label === "" ? "Outcome" : capitalised(label)} by seed`,
      caption: `One mark for each seed${among("collapsed", "hollow if it collapsed")}${among("diverged", "a cross if it diverged")}.`,
      description: shown
        .map(({ marked, outcomes }) => `${marked.row.name}: ${outcomesText(outcomes)}.`)
        .join(" "),
      height: chart.height,
      content: [
        chart.content,
        isComplete ? "" : textAt("no value", WIDTH - 22, chart.height - 32 + 10, "middle", "tick"),
      ],
    };
  });
}

/** "3 finished, 1 collapsed (seed 4)". */
function outcomesText(outcomes: readonly SeedOutcome[]): string {
  const of = (wanted: SeedOutcome["outcome"]) => outcomes.filter(({ outcome }) => outcome === wanted);
  const failed = (["collapsed", "diverged"] as const).flatMap((outcome) => {
    const seeds = of(outcome).map(({ seed }) => String(seed));
    const names = `${seeds.length === 1 ? "seed" : "seeds"} ${listed(seeds)}`;
    return seeds.length === 0 ? [] : [`${seeds.length} ${outcome} (${names})`];
  });
  const finished = of("finished").length;
  if (failed.length === 0) return `${counted(finished, "seed")}, all finished`;
  return [`${finished} finished`, ...failed].join(", ");
}

/** Marks that would cover each other lie one above the other. */
function outcomeMarks(marked: MarkedRow, outcomes: readonly SeedOutcome[], scale: Scale): Markup[] {
  const before: Point[] = [];
  return byValue(outcomes).map(({ outcome, figure }) => {
    const x = figure ? scale.at(figure.value) : WIDTH - 22;
    const isFree = (y: number) => before.every((other) => Math.hypot(other.x - x, other.y - y) >= MARK);
    const y = HEIGHTS.find(isFree) ?? 0;
    before.push({ x, y });
    return { finished: markAt, collapsed: hollowAt, diverged: crossAt }[outcome](marked, x, y);
  });
}

const byValue = (outcomes: readonly SeedOutcome[]): SeedOutcome[] =>
  outcomes.toSorted((a, b) => (a.figure?.value ?? 0) - (b.figure?.value ?? 0));

import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { expected } from "../src/basics/errors.ts";
import { familyOf } from "../src/families/by-name.ts";
import { bestFigureOf } from "../src/programs/trainable.ts";
import { readRunConfig } from "../src/run/config.ts";
import { trainingRecords } from "../src/run/metrics.ts";
import { checkWritable, lineChart, markdownTable, type Line } from "./chart.ts";

/**
 * Prints the validations of runs, by the hours that their steps took, and draws them as a chart. All runs need the same
 * figure that tells the best, such as nats.
 */
export async function benchCurve(runs: readonly string[], { chart }: { chart: string }): Promise<void> {
  await checkWritable(chart);
  const curves = [];
  for (const run of runs) curves.push(await curveOf(run));
  const { label } = curves[0]!;
  const other = curves.find((curve) => curve.label !== label);
  if (other) throw expected("ARGUMENT", `${label}, as of the first run,`, other.name, other.label);
  const lines = curves.map(({ name, validations }): Line => ({
    name,
    points: validations.map(({ hours, value }) => [hours, value]),
  }));
  await writeFile(
    chart,
    lineChart({
      title: runs.length > 1 ? "Validation while networks are trained" : `Validation of ${lines[0]!.name}`,
      x: { label: "hours of training", scale: "even" },
      y: { label: `${label}, validation`, fromZero: false },
      lines,
    }),
  );
  const rows = curves.flatMap(({ name, validations }) =>
    validations.map(({ step, hours, value }) => [name, String(step), hours.toFixed(2), value.toFixed(2)]),
  );
  console.log(`${markdownTable(["run", "step", "hours", label], rows)}\n\n${chart}`);
}

interface Curve {
  readonly name: string;
  /** Of the figure. */
  readonly label: string;
  readonly validations: readonly { readonly step: number; readonly hours: number; readonly value: number }[];
}

async function curveOf(run: string): Promise<Curve> {
  const { network, training } = await readRunConfig(run);
  const figure = bestFigureOf(familyOf(network).evaluation(network, 1));
  if (!figure) throw expected("ARGUMENT", "a model with a figure that tells the best", run, network.model);
  const validations = (await trainingRecords(run, training.batch)).flatMap(({ step, seconds, valid }) => {
    const value = valid[figure.name];
    return value === undefined ? [] : [{ step, hours: seconds / 3600, value }];
  });
  if (validations.length === 0) throw expected("ARGUMENT", "a run with validations", "the run", run);
  return { name: basename(run), label: figure.label, validations };
}

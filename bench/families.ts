import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { expected } from "../src/basics/errors.ts";
import { OPTIMIZERS } from "../src/families/optimizers.ts";
import { TRAIN_DEFAULTS } from "../src/train/defaults.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { openDataset } from "../src/data/open.ts";
import { checkWritable, lineChart, markdownTable } from "./chart.ts";
import type { BenchNetwork } from "./networks.ts";
import { openRacer, raceInTurns, type Progress, type RaceOptions, type Racer } from "./racer.ts";

export interface FamiliesOptions {
  readonly networks: readonly BenchNetwork[];
  /** Time that each family trains; its validation comes on top of that. */
  readonly minutes: number;
  /** Binary pictures of 28 x 28. */
  readonly train: string;
  readonly valid: string;
  readonly batch: number;
  readonly lr: number;
  /** The SVG file to write. */
  readonly chart: string;
}

/** Of 10,000: enough to see 0.5 nats; the table has all of them. */
const CURVE_PICTURES = 2000;

/**
 * The families as they come on binarised MNIST, trained for the same time: in short turns, so that a machine that is
 * slow for a while is slow for all of them. One that fails is out, the others go on. Prints a table; the chart of nats
 * against minutes is written anew after every validation, so that it is there if the rest is not waited for.
 */
export async function benchFamilies({
  networks,
  minutes,
  chart,
  ...options
}: FamiliesOptions): Promise<void> {
  await checkWritable(chart);
  const { clip, seed } = TRAIN_DEFAULTS;
  const { decay, ema } = OPTIMIZERS.adam.defaults;
  const race: RaceOptions = {
    train: await openBinary(options.train, networks),
    valid: await openBinary(options.valid, networks),
    curvePictures: CURVE_PICTURES,
    seconds: 60 * minutes,
    batch: options.batch,
    optimizer: "adam",
    lr: options.lr,
    decay,
    clip,
    ema,
    seed,
    threads: availableParallelism(),
  };
  console.log(
    `${minutes} minutes of training each, batch ${race.batch}, Adam, learning rate ${race.lr} with a cosine over the time, ` +
      `${race.threads} threads; nats of the first ${CURVE_PICTURES} validation pictures, averaged weights:`,
  );
  const racers: Racer[] = [];
  for (const network of networks) racers.push(await openRacer(network.name, network, race));
  const drawn = { minutes, threads: race.threads, chart };
  const running = await raceInTurns(racers, race.seconds, () => drawCurves(racers, drawn));
  const results: Result[] = [];
  for (const [i, racer] of racers.entries()) {
    await racer.close();
    const nats = running.has(racer) ? await racer.nats() : Number.NaN;
    results.push({ network: networks[i]!, nats, ...racer.progress() });
  }
  console.log(`\n${table(results)}\n`);
  if (racers.some(({ curve }) => curve.length > 0)) console.log(chart);
}

interface Result extends Progress {
  readonly network: BenchNetwork;
  /** Mean over all validation pictures; NaN if the family did not get that far. */
  readonly nats: number;
}

async function drawCurves(
  racers: readonly Racer[],
  { minutes, threads, chart }: { minutes: number; threads: number; chart: string },
): Promise<void> {
  const lines = racers.map(({ name, curve }) => ({
    name,
    points: curve.map(({ seconds, nats }) => [seconds / 60, nats] as const),
  }));
  const drawn = lines.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return;
  const svg = lineChart({
    title: `Binarised MNIST, each family trained for ${minutes} minutes on ${threads} threads`,
    x: { label: "minutes of training", scale: "even" },
    y: { label: `nats, first ${CURVE_PICTURES} validation pictures`, fromZero: false },
    lines: drawn,
  });
  await writeFile(chart, svg);
}

/** As Markdown, best first. */
function table(results: readonly Result[]): string {
  const order = (nats: number) => (Number.isNaN(nats) ? Infinity : nats);
  const rows = results
    .toSorted((a, b) => order(a.nats) - order(b.nats))
    .map(({ network, parameters, nats, steps, epochs, secondsPerStep }) => [
      network.name,
      Object.entries(network.sizes)
        .map(([size, value]) => `${size} ${value}`)
        .join(", "),
      String(parameters),
      Number.isNaN(nats) ? "failed" : nats.toFixed(2),
      String(steps),
      epochs.toFixed(1),
      secondsPerStep.toFixed(3),
    ]);
  const header = ["family", "sizes", "parameters", "valid nats", "steps", "epochs", "seconds per step"];
  return markdownTable(header, rows);
}

/** Binary pictures of the networks' size. ARGUMENT error if they are of another. */
async function openBinary(name: string, networks: readonly BenchNetwork[]): Promise<Dataset> {
  const dataset = await openDataset(name, { levels: 2, labels: false });
  const { channels, rows, cols } = dataset.size;
  const other = networks.find(({ size }) => channels !== 1 || rows !== size || cols !== size);
  if (!other) return dataset;
  throw expected(
    "ARGUMENT",
    `pictures of ${other.size}x${other.size} with 1 channel`,
    name,
    `${cols}x${rows} with ${channels}`,
  );
}

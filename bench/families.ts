import { access, constants, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { expected } from "../src/basics/errors.ts";
import { OPTIMIZERS } from "../src/families/optimizers.ts";
import { TRAIN_DEFAULTS } from "../src/train/request.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { openDataset } from "../src/data/open.ts";
import { writeError } from "../src/files/system-error.ts";
import { lineChart } from "./chart.ts";
import type { BenchNetwork } from "./networks.ts";
import { watchOthers } from "./others.ts";
import { openRacer, type Measured, type Progress, type RaceOptions, type Racer } from "./racer.ts";

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

/** Turns that each family gets, and after how many of them it is validated. */
const TURNS = 40;
const TURNS_PER_VALIDATION = 4;
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
  const { ema } = OPTIMIZERS.adam.defaults;
  const race: RaceOptions = {
    train: await openBinary(options.train, networks),
    valid: await openBinary(options.valid, networks),
    curvePictures: CURVE_PICTURES,
    seconds: 60 * minutes,
    batch: options.batch,
    lr: options.lr,
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
  for (const network of networks) racers.push(await openRacer(network, race));
  const running = new Set(racers);
  const others = watchOthers();
  for (let turn = 1; turn <= TURNS && running.size > 0; turn++) {
    await others.look();
    const isValidated = turn % TURNS_PER_VALIDATION === 0;
    for (const racer of running) {
      try {
        await racer.train((race.seconds * turn) / TURNS);
        if (isValidated) console.log(pointOf(racer.network, await racer.validate()));
      } catch (error) {
        running.delete(racer);
        process.exitCode = 1;
        console.error(`  ${racer.network.name} is out: ${error instanceof Error ? error.message : error}`);
      }
    }
    if (isValidated) await drawCurves(racers, { minutes, threads: race.threads, chart });
  }
  const results: Result[] = [];
  for (const racer of racers) {
    await racer.close();
    const nats = running.has(racer) ? await racer.nats() : Number.NaN;
    results.push({ network: racer.network, nats, ...racer.progress() });
  }
  console.log(`\n${table(results)}\n`);
  others.warn();
  if (racers.some(({ curve }) => curve.length > 0)) console.log(chart);
}

interface Result extends Progress {
  readonly network: BenchNetwork;
  /** Mean over all validation pictures; NaN if the family did not get that far. */
  readonly nats: number;
}

function pointOf({ name }: BenchNetwork, { seconds, steps, nats }: Measured): string {
  const [minutes, shown] = [(seconds / 60).toFixed(2), nats.toFixed(2)];
  return `  ${name.padEnd(16)} ${minutes.padStart(6)} min ${String(steps).padStart(6)} steps ${shown.padStart(7)} nats`;
}

async function drawCurves(
  racers: readonly Racer[],
  { minutes, threads, chart }: { minutes: number; threads: number; chart: string },
): Promise<void> {
  const lines = racers.map(({ network, curve }) => ({
    name: network.name,
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
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
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

/** WRITE error if the file could not be written: better now than after an hour. */
async function checkWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
  } catch (cause) {
    throw writeError(file, cause);
  }
}

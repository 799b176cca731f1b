import { writeFile } from "node:fs/promises";
import { expected } from "../src/basics/errors.ts";
import { OPTIMIZERS } from "../src/families/optimizers.ts";
import { TRAIN_DEFAULTS } from "../src/train/defaults.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { openDataset } from "../src/data/open.ts";
import { checkWritable, lineChart, markdownTable } from "./chart.ts";
import { inWords, titleOf, type BenchNetwork } from "./networks.ts";
import { contestant } from "./optimisers.ts";
import {
  CURVE_PICTURES,
  lineOfSeeds,
  openRacer,
  raceInTurns,
  type Progress,
  type RaceOptions,
  type Racer,
} from "./racer.ts";
import { median, spread } from "./statistics.ts";

export interface FamiliesOptions {
  readonly networks: readonly BenchNetwork[];
  /** Time that each family trains; its validation comes on top of that. */
  readonly minutes: number;
  /** Binary pictures of 28 x 28. */
  readonly train: string;
  readonly valid: string;
  /** Each family is trained with so many seeds, one after the other. */
  readonly seeds: number;
  readonly batch: number;
  /** As `bench -- optimisers` takes it. */
  readonly optimizer: string;
  /** The optimizer's own by default. */
  readonly lr: number | undefined;
  readonly weightDecay: number | undefined;
  readonly threads: number;
  /** The SVG file to write. */
  readonly chart: string;
}

/** Share of the time from which curves are drawn. */
const SHOWN_FROM = 0.35;

/**
 * The families on binarised MNIST, trained for the same time: in short turns, so that a machine that is slow for a
 * while is slow for all of them. One that fails is out, the others go on. Prints a table; the chart of nats against
 * minutes is written anew after every validation, so that it is there if the rest is not waited for.
 */
export async function benchFamilies({
  networks,
  minutes,
  seeds,
  chart,
  ...options
}: FamiliesOptions): Promise<void> {
  await checkWritable(chart);
  const { batch, weightDecay, threads } = options;
  const { name: optimizerName, ...optimizer } = contestant(options.optimizer);
  const race: Omit<RaceOptions, "seed"> = {
    train: await openBinary(options.train, networks),
    valid: await openBinary(options.valid, networks),
    seconds: 60 * minutes,
    batch,
    ...optimizer,
    lr: options.lr ?? OPTIMIZERS[optimizer.optimizer].defaults.lr,
    clip: TRAIN_DEFAULTS.clip,
    weightDecay,
    threads,
  };
  console.log(
    `${minutes} minutes of training each, batch ${batch}, ${optimizerName}, learning rate ${race.lr} ` +
      `(${race.decay} over the time), ${threads} thread(s); nats of the first ${CURVE_PICTURES} validation ` +
      "pictures, averaged weights:",
  );
  const drawn = { minutes, seeds, threads, chart };
  const all: Raced[] = networks.map((network) => ({ network, curves: [], results: [] }));
  for (let seed = 0; seed < seeds; seed++) {
    console.log(`seed ${seed}:`);
    const racers: Racer[] = [];
    for (const { network, curves } of all) {
      const racer = await openRacer(titleOf(network), network, { ...race, seed });
      racers.push(racer);
      curves.push(racer.curve);
    }
    const running = await raceInTurns(racers, race.seconds, () => drawCurves(all, drawn));
    for (const [i, racer] of racers.entries()) {
      await racer.close();
      const nats = running.has(racer) ? await racer.nats() : Number.NaN;
      all[i]!.results.push({ nats, ...racer.progress() });
    }
  }
  console.log(`\n${table(all)}\n\n${chart}`);
}

/** A family, and what came out of each seed. */
interface Raced {
  readonly network: BenchNetwork;
  readonly curves: Racer["curve"][];
  readonly results: Result[];
}

interface Result extends Progress {
  /** Mean over all validation pictures; NaN if the family did not get that far. */
  readonly nats: number;
}

async function drawCurves(
  all: readonly Raced[],
  { minutes, seeds, threads, chart }: { minutes: number; seeds: number; threads: number; chart: string },
): Promise<void> {
  const lines = all
    .map(({ network, curves }) =>
      // A seed that has just begun would end the line.
      lineOfSeeds(
        titleOf(network),
        curves
          .filter((curve, i) => i === 0 || curve.length === curves[0]!.length)
          // Untrained networks are so far above that nothing else would be seen.
          .map((curve) => curve.filter(({ seconds }) => seconds > SHOWN_FROM * 60 * minutes)),
        60,
      ),
    )
    .filter(({ points }) => points.length > 0);
  if (lines.length === 0) return;
  const svg = lineChart({
    title: `Binarised MNIST, each family trained for ${minutes} minutes on ${threads} thread(s), ${seeds} seed(s)`,
    x: { label: "minutes of training", scale: "even" },
    y: { label: `nats, first ${CURVE_PICTURES} validation pictures`, fromZero: false },
    lines,
  });
  await writeFile(chart, svg);
}

/** As Markdown, best first; medians over the seeds. */
function table(all: readonly Raced[]): string {
  const order = (nats: number) => (Number.isNaN(nats) ? Infinity : nats);
  const rows = all
    .map(({ network, results }) => {
      const middle = (of: (result: Result) => number) => median(results.map(of));
      const nats = results.map((result) => result.nats);
      const cells = [
        network.name,
        inWords(network.sizes).join(", "),
        String(results[0]!.parameters),
        nats.some(Number.isNaN) ? "failed" : spread(nats, 2, ""),
        String(middle(({ steps }) => steps)),
        middle(({ epochs }) => epochs).toFixed(1),
        middle(({ secondsPerStep }) => secondsPerStep).toFixed(3),
      ];
      return { nats: median(nats), cells };
    })
    .toSorted((a, b) => order(a.nats) - order(b.nats))
    .map(({ cells }) => cells);
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

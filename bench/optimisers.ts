import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expected } from "../src/basics/errors.ts";
import { holdOut, type Dataset } from "../src/data/dataset.ts";
import { openDataset, validationOf } from "../src/data/open.ts";
import {
  OPTIMIZER_NAMES,
  OPTIMIZERS,
  type OptimizerKind,
  type OptimizerName,
} from "../src/families/optimizers.ts";
import { TRAIN_DEFAULTS } from "../src/train/defaults.ts";
import { checkWritable, lineChart, markdownTable } from "./chart.ts";
import type { Clock } from "./contestants.ts";
import { titleOf, type BenchNetwork } from "./networks.ts";
import {
  CURVE_PICTURES,
  lineOfSeeds,
  openRacer,
  processorClock,
  raceInTurns,
  type Racer,
  type RaceOptions,
} from "./racer.ts";
import { median, spread } from "./statistics.ts";

export interface OptimisersOptions {
  readonly networks: readonly BenchNetwork[];
  /** Names, or with a decay of their own: "adam:wsd". The others are compared with the first. */
  readonly optimizers: readonly string[];
  /** Learning rates that are tried for each optimizer, the same for all. */
  readonly rates: readonly number[];
  /** Of the race, and of each rate that is tried before it. */
  readonly minutes: number;
  readonly sweepMinutes: number;
  readonly seeds: number;
  readonly batch: number;
  readonly threads: number;
  readonly train: string;
  readonly valid: string | undefined;
  readonly clock: Clock;
  /** The folder for the charts, one of each model. */
  readonly charts: string;
}

/**
 * Optimizers on the same model, data and time. First the learning rates: for each optimizer all rates in turns, with
 * seed 0, and the best by validation counts. Then the race: for each further seed all optimizers in turns, each with
 * its best rate. Prints both as tables, with the time at which an optimizer is where the first one ends, and draws a
 * chart of each model.
 */
export async function benchOptimisers(options: OptimisersOptions): Promise<void> {
  const { networks, minutes, sweepMinutes, rates, seeds, threads, clock, charts } = options;
  const contestants = options.optimizers.map(contestant);
  const chartOf = (network: BenchNetwork) =>
    join(charts, `optimisers-${titleOf(network).replaceAll(/,? /g, "-")}.svg`);
  for (const network of networks) await checkWritable(chartOf(network));
  const { train, valid } = await openBoth(options.train, options.valid);
  const race = {
    train,
    valid,
    batch: options.batch,
    clip: TRAIN_DEFAULTS.clip,
    threads,
    ...(clock === "processor" && { clock: processorClock(threads) }),
  };
  for (const asked of networks) {
    const network = { ...asked, levels: train.levels, size: train.size.rows };
    const what = `${titleOf(network)} on ${train.name}, batch ${race.batch}, ${threads} thread(s), ${clock} time`;
    console.log(`\n${what}: learning rates, ${sweepMinutes} minutes each, seed 0`);
    const chosen: Chosen[] = [];
    for (const one of contestants) {
      const lr = await bestRate(network, one, rates, { ...race, seconds: 60 * sweepMinutes, seed: 0 });
      if (lr !== undefined) chosen.push({ ...one, lr });
    }
    console.log(`\n${what}: the race, ${minutes} minutes each`);
    const results = new Map<Chosen, Result[]>(chosen.map((one) => [one, []]));
    for (let seed = 1; seed <= seeds; seed++) {
      const found = await raced(network, chosen, { ...race, seconds: 60 * minutes, seed });
      for (const [one, result] of found) results.get(one)!.push(result);
    }
    console.log(`\n${table(results, 60 * minutes)}`);
    await writeFile(chartOf(network), chart(results, { what, minutes }));
    console.log(chartOf(network));
  }
}

/** An optimizer with what it has of its own. */
interface Contestant extends Pick<RaceOptions, "optimizer" | "decay" | "ema"> {
  readonly name: string;
}

interface Chosen extends Contestant {
  readonly lr: number;
}

/** What came out of one seed. */
interface Result {
  readonly seed: number;
  readonly curve: Racer["curve"];
  readonly steps: number;
  readonly secondsPerStep: number;
  /** Mean over all validation pictures. */
  readonly nats: number;
}

/** "adam", or "adam:wsd" with another decay. @throws ARGUMENT if there is no such optimizer or decay */
export function contestant(name: string): Contestant {
  const [optimizer, decay] = name.split(":") as [OptimizerName, string | undefined];
  if (!OPTIMIZER_NAMES.includes(optimizer))
    throw expected("ARGUMENT", OPTIMIZER_NAMES.join(" or "), "--optimizer", optimizer);
  if (decay !== undefined && decay !== "cosine" && decay !== "wsd")
    throw expected("ARGUMENT", "cosine or wsd after the colon", "--optimizer", name);
  const { defaults }: OptimizerKind = OPTIMIZERS[optimizer];
  return { name, optimizer, decay: decay ?? defaults.decay, ema: defaults.ema };
}

type OneRace = Omit<RaceOptions, "optimizer" | "lr" | "decay" | "ema">;

/** The rate with the best validation; undefined if training diverges with all. */
async function bestRate(
  network: BenchNetwork,
  one: Contestant,
  rates: readonly number[],
  race: OneRace,
): Promise<number | undefined> {
  if (rates.length === 1) return rates[0]!;
  const found = await raced(
    network,
    rates.map((lr) => ({ ...one, lr })),
    race,
  );
  const sorted = [...found].toSorted(([, a], [, b]) => a.nats - b.nats);
  const rows = [...found].map(([{ lr }, { nats, steps }]) => [String(lr), nats.toFixed(2), String(steps)]);
  console.log(`\n${one.name}:\n${markdownTable(["learning rate", "valid nats", "steps"], rows)}\n`);
  const best = sorted[0]?.[0].lr;
  if (best === Math.min(...rates) || best === Math.max(...rates))
    console.log(`  note: ${best} is at the end of the rates that were tried; others may be better`);
  return best;
}

/** Trains all in turns. Those that diverge are not among the results. */
async function raced(
  network: BenchNetwork,
  all: readonly Chosen[],
  race: OneRace,
): Promise<Map<Chosen, Result>> {
  const racers = new Map<Racer, Chosen>();
  for (const one of all) {
    const name = `${one.name}, ${one.lr}, seed ${race.seed}`;
    racers.set(await openRacer(name, network, { ...race, ...one }), one);
  }
  const running = await raceInTurns([...racers.keys()], race.seconds);
  const results = new Map<Chosen, Result>();
  for (const [racer, one] of racers) {
    await racer.close();
    if (!running.has(racer)) continue;
    const { steps, secondsPerStep } = racer.progress();
    results.set(one, {
      seed: race.seed,
      curve: racer.curve,
      steps,
      secondsPerStep,
      nats: await racer.nats(),
    });
  }
  return results;
}

/** Medians over seeds; beside the nats their range. */
function table(results: ReadonlyMap<Chosen, readonly Result[]>, seconds: number): string {
  const [first] = [...results.values()];
  /** Where the first optimizer ends with the same seed. */
  const goalOf = (seed: number) =>
    first?.find((result) => result.seed === seed)?.curve.at(-1)!.nats ?? Number.NaN;
  const rows = [...results].map(([{ name, lr }, seeds]) => {
    const nats = seeds.map((result) => result.nats);
    const times = seeds.map(({ curve, seed }) => reachedAt(curve, goalOf(seed)));
    const time = median(times);
    return [
      name,
      String(lr),
      spread(nats, 2, ""),
      String(median(seeds.map(({ steps }) => steps))),
      median(seeds.map(({ secondsPerStep }) => secondsPerStep)).toFixed(4),
      Number.isFinite(time) ? `${time.toFixed(0)} s, ${(seconds / time).toFixed(2)}x` : "not reached",
    ];
  });
  const goal = `time to where ${[...results.keys()][0]?.name ?? "the first"} ends`;
  return markdownTable(["optimizer", "learning rate", "valid nats", "steps", "seconds a step", goal], rows);
}

/** The seconds at which a curve first is at or below some nats, on straight lines between its points; else Infinity. */
function reachedAt(curve: Racer["curve"], nats: number): number {
  const i = curve.findIndex((point) => point.nats <= nats);
  if (i <= 0) return curve[i]?.seconds ?? Infinity;
  const [before, after] = [curve[i - 1]!, curve[i]!];
  const share = (before.nats - nats) / (before.nats - after.nats);
  return before.seconds + share * (after.seconds - before.seconds);
}

function chart(
  results: ReadonlyMap<Chosen, readonly Result[]>,
  { what, minutes }: { readonly what: string; readonly minutes: number },
): string {
  const lines = [...results]
    .filter(([, seeds]) => seeds.length > 0)
    .map(([{ name, lr }, seeds]) =>
      lineOfSeeds(
        `${name}, ${lr}`,
        seeds.map(({ curve }) => curve),
      ),
    );
  return lineChart({
    title: `${what}, ${minutes} minutes`,
    x: { label: "seconds of training", scale: "even" },
    y: { label: `nats, first ${CURVE_PICTURES} validation pictures`, fromZero: false },
    lines,
  });
}

/** Grey square pictures, and those to validate with: of a name, those that belong to the first, or a tenth of them. */
async function openBoth(
  name: string,
  validName: string | undefined,
): Promise<{ train: Dataset; valid: Dataset }> {
  const train = await openDataset(name, { labels: false });
  const { channels, rows, cols } = train.size;
  if (channels !== 1 || rows !== cols)
    throw expected("ARGUMENT", "square pictures of 1 channel", name, `${cols}x${rows} with ${channels}`);
  const found = validName ?? (await validationOf(name));
  if (found === undefined) return holdOut(train, TRAIN_DEFAULTS.validFraction, TRAIN_DEFAULTS.seed);
  return { train, valid: await openDataset(found, { labels: false, levels: train.levels }) };
}

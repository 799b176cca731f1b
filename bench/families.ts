import { availableParallelism } from "node:os";
import { writeFile } from "node:fs/promises";
import { subset, type Dataset } from "../src/data/dataset.ts";
import { openDataset } from "../src/data/open.ts";
import { trainingOrder } from "../src/data/order.ts";
import { ADAM_DEFAULTS } from "../src/optim/adam.ts";
import { learningRate } from "../src/optim/schedule.ts";
import { initialParameters } from "../src/programs/parameters.ts";
import { initialState, openTrainingStep, type TrainingStep } from "../src/programs/training-step.ts";
import { openValidation } from "../src/train/validation.ts";
import { lineChart } from "./chart.ts";
import { watchOthers } from "./others.ts";
import { median } from "./statistics.ts";
import { build, configOf, family } from "./networks.ts";

export interface FamiliesOptions {
  readonly models: readonly string[];
  /** Time that each family trains; its validation comes on top of that. */
  readonly minutes: number;
  /** Binary pictures of 28 x 28. */
  readonly train: string;
  readonly valid: string;
  readonly batch: number;
  readonly rate: number;
  /** Where the chart and the numbers go: without the endings .svg and .json. */
  readonly out: string;
  readonly threads?: number;
}

/** Turns that each family gets, and after how many of them it is validated. */
const TURNS = 40;
const TURNS_PER_VALIDATION = 4;
/** Validation pictures that the curves are measured with; the table has all of them. */
const CURVE_PICTURES = 2000;
/** Share of the time in which the learning rate rises, before its cosine. */
const WARM_UP = 0.02;
const WARM_UP_STEPS = 2;
const [CLIP, EMA, SEED] = [1, 0.999, 0];

/** A point of the learning curve. */
interface Measured {
  /** Of training. */
  readonly minutes: number;
  readonly steps: number;
  /** Mean over the first validation pictures, with the averaged weights. */
  readonly nats: number;
}

/**
 * The families as they come on binarised MNIST, trained for the same time: in short turns, so that a machine that is slow for a
 * while is slow for all of them. Prints a table; writes a chart of nats against minutes, and the numbers.
 */
export async function benchFamilies(options: FamiliesOptions): Promise<void> {
  const { models, minutes, out, threads = availableParallelism() } = options;
  const train = await openDataset(options.train, { levels: 2, labels: false });
  const valid = await openDataset(options.valid, { levels: 2, labels: false });
  const racers = [];
  for (const model of models) racers.push(await openRacer(model, train, valid, { ...options, threads }));
  const others = watchOthers();
  for (let turn = 1; turn <= TURNS; turn++) {
    await others.look();
    for (const racer of racers) {
      await racer.train((60 * minutes * turn) / TURNS);
      if (turn % TURNS_PER_VALIDATION !== 0) continue;
      const { minutes: trained, steps, nats } = await racer.validate();
      console.log(
        `${racer.model.padEnd(16)} ${trained.toFixed(2)} min ${steps} steps ${nats.toFixed(2)} nats`,
      );
    }
  }
  const results = [];
  for (const racer of racers) results.push(await racer.finish());
  results.sort((a, b) => a.nats - b.nats);

  const { batch, rate } = options;
  const protocol = {
    minutes,
    othersShare: others.share(),
    batch,
    rate,
    clip: CLIP,
    ema: EMA,
    seed: SEED,
    threads,
    validPictures: valid.count,
  };
  console.log(`\n${table(results)}\n`);
  others.warn();
  const chart = lineChart({
    title: `Binarised MNIST, each family trained for ${minutes} minutes on ${threads} threads`,
    x: { label: "minutes of training", scale: "even" },
    y: { label: `nats, first ${CURVE_PICTURES} validation pictures`, fromZero: false },
    lines: results.map(({ model, curve }) => ({
      name: model,
      points: curve.map((at) => [at.minutes, at.nats]),
    })),
  });
  await writeFile(`${out}.svg`, chart);
  await writeFile(`${out}.json`, `${JSON.stringify({ protocol, families: results }, undefined, 2)}\n`);
  console.log(`${out}.svg, ${out}.json`);
}

type Result = Awaited<ReturnType<Awaited<ReturnType<typeof openRacer>>["finish"]>>;

/** A family, opened and warm, with its own state of training. */
async function openRacer(
  model: string,
  train: Dataset,
  valid: Dataset,
  { minutes, batch, rate, threads }: FamiliesOptions & { readonly threads: number },
) {
  const spec = family(model);
  const network = build(spec, batch);
  const step = await openTrainingStep(
    (pictures) => build(spec, pictures),
    batch,
    { ...ADAM_DEFAULTS, clip: CLIP, ema: EMA },
    { threads, shares: threads },
  );
  const first = subset(
    valid,
    Array.from({ length: Math.min(CURVE_PICTURES, valid.count) }, (_, i) => i),
  );
  const validation = await openValidation(configOf(spec), first, undefined, { threads });
  const order = trainingOrder(train.count, SEED);
  let state = initialState(initialParameters(network.declarations, SEED));
  let seconds = 0;
  const perStep: number[] = [];
  const curve: Measured[] = [];
  const read = async () => Float32Array.from(await train.read(order(state.step, batch)));
  await warmUp(step, state, await read());

  return {
    model,
    /** Until it has trained for so many seconds in all. */
    async train(until: number) {
      while (seconds < until) {
        const started = performance.now();
        // The schedule's steps are thousandths of the time here: how many real ones there will be is not known.
        const share = Math.ceil(1000 * Math.min(1, seconds / (60 * minutes)));
        const schedule = { rate, warmup: 1000 * WARM_UP, decay: "cosine", steps: 1000 } as const;
        const result = await step.run(state, await read(), learningRate(schedule, Math.max(1, share)));
        if (!Number.isFinite(result.nats)) throw new Error(`${model} diverged at step ${state.step + 1}`);
        state = result.state;
        perStep.push((performance.now() - started) / 1000);
        seconds += perStep.at(-1)!;
      }
    },
    async validate(): Promise<Measured> {
      const nats = await validation.nats(state.average);
      curve.push({ minutes: seconds / 60, steps: state.step, nats });
      return curve.at(-1)!;
    },
    /** Scores all validation pictures, and closes. */
    async finish() {
      await Promise.all([step.close(), validation.close()]);
      const whole = await openValidation(configOf(spec), valid, undefined, { threads });
      const nats = await whole.nats(state.average);
      await whole.close();
      return {
        model,
        sizes: spec.sizes,
        parameters: state.parameters.length,
        nats,
        steps: state.step,
        epochs: (state.step * batch) / train.count,
        secondsPerStep: median(perStep),
        curve,
      };
    },
  };
}

/** The first steps find memory and threads, which is not training. */
async function warmUp(step: TrainingStep, state: Parameters<TrainingStep["run"]>[0], pictures: Float32Array) {
  for (let i = 0; i < WARM_UP_STEPS; i++) await step.run(state, pictures, 0);
}

/** As Markdown. */
function table(results: readonly Result[]): string {
  const rows = results.map(({ model, sizes, parameters, nats, steps, epochs, secondsPerStep }) => [
    model,
    Object.entries(sizes)
      .map(([size, value]) => `${size} ${value}`)
      .join(", "),
    String(parameters),
    nats.toFixed(2),
    String(steps),
    epochs.toFixed(1),
    secondsPerStep.toFixed(3),
  ]);
  const header = ["family", "sizes", "parameters", "valid nats", "steps", "epochs", "seconds per step"];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

import { expected, NextpixelError } from "../src/basics/errors.ts";
import { autoregressive } from "../src/families/autoregressive.ts";
import { OPTIMIZER_NAMES } from "../src/families/optimizers.ts";
import { modelNamesOf, MODELS } from "../src/models/by-name.ts";
import { TRAIN_DEFAULTS } from "../src/train/defaults.ts";
import { benchBreakdown } from "./breakdown.ts";
import { checkNetworks, checkSteps } from "./check.ts";
import { benchCluster } from "./cluster.ts";
import { benchNetwork, benchScaling } from "./cluster-runs.ts";
import { requirePyTorch } from "./contestants.ts";
import { benchCurve } from "./curve.ts";
import { benchDraw } from "./draw.ts";
import { benchFamilies } from "./families.ts";
import { benchFolder } from "./folder.ts";
import { benchKills } from "./kill-ranks.ts";
import { benchLowering } from "./lowering.ts";
import { BENCH_NETWORKS, family, GATED, type BenchNetwork } from "./networks.ts";
import { benchOptimisers } from "./optimisers.ts";
import {
  amount,
  amounts,
  BATCH,
  CLOCK,
  count,
  networks,
  optionalAmount,
  optionalText,
  text,
  texts,
  THREADS,
  usageOf,
  valuesOf,
  type Options,
  type ValuesOf,
} from "./options.ts";
import { benchProfile } from "./profile.ts";
import { benchResolution } from "./resolution.ts";
import { benchNaive, benchSample } from "./sample.ts";
import { benchStudio } from "./studio.ts";
import { benchStudioLoad } from "./studio-load.ts";
import { benchTall } from "./tall.ts";
import { benchTokenizer } from "./tokenizer.ts";
import { benchTrain } from "./train.ts";

interface Description<Given extends Options> {
  readonly about: string;
  readonly needsPyTorch?: true;
  readonly options?: Given;
  /** What the arguments beside options are; none are taken if it is not given. */
  readonly positionals?: string;
  run(values: ValuesOf<Given>, positionals: readonly string[]): Promise<void>;
}

interface Bench {
  readonly usage: string;
  run(args: readonly string[]): Promise<void>;
}

function bench<Given extends Options>(description: Description<Given>): Bench {
  const { about, needsPyTorch, positionals, options = {} as Given } = description;
  return {
    usage: [positionals, usageOf(options), `  ${about}`].filter(Boolean).join(" ").trim(),
    async run(args) {
      const given = valuesOf(args, options, positionals !== undefined);
      if (needsPyTorch) requirePyTorch();
      await description.run(given.values, given.positionals);
    },
  };
}

function atLeastOne(runs: readonly string[]): readonly string[] {
  if (runs.length === 0) throw expected("ARGUMENT", "at least one run", "the bench", "none");
  return runs;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  train: bench({
    about: "training beside PyTorch: PixelCNN and the gated stack, or models",
    needsPyTorch: true,
    options: { model: networks(BENCH_NETWORKS), rounds: count(12), threads: THREADS, clock: CLOCK },
    run: ({ model, ...options }) => benchTrain(model, { ...options, batch: 32 }),
  }),
  sample: bench({
    about:
      "drawing beside PyTorch: the gated stack in detail, or models (autoregressive ones beside the naive way)",
    needsPyTorch: true,
    options: { model: networks(undefined), rounds: count(7), threads: THREADS, clock: CLOCK },
    async run({ model, rounds, threads, clock }) {
      if (model) {
        const isCausal = ({ name }: BenchNetwork) => modelNamesOf("autoregressive").includes(name);
        await benchNaive(model.filter(isCausal), { rounds, workers: threads });
        const others = model.filter((network) => !isCausal(network));
        await benchDraw(others, { rounds, threads, clock });
        return;
      }
      await benchSample({ rounds, workers: threads });
      for (const pictures of [32, 1]) await benchBreakdown(pictures, { rounds });
      await benchTall({ rounds, chart: "docs/sampling-cost.svg" });
    },
  }),
  tokenizer: bench({
    about: "colour pictures of 256 x 256 to codes and back: pictures per second",
    options: { rounds: count(7), threads: THREADS },
    run: benchTokenizer,
  }),
  resolution: bench({
    about: "time for each pixel and memory of pictures drawn coarse to fine, of 32 x 32 up to 1,024 x 1,024",
    options: { rounds: count(2), largest: count(1024, 32), chart: text("docs/resolution.svg") },
    run: benchResolution,
  }),
  families: bench({
    about:
      "nats of the models trained for so many minutes each (five for 10 with three seeds: some three hours), seconds " +
      "per step",
    options: {
      model: networks(modelNamesOf("autoregressive").map(family)),
      minutes: amount(10),
      seeds: count(3),
      optimizer: text(autoregressive.optimizer),
      lr: optionalAmount("RATE"),
      weightDecay: optionalAmount("SHARE"),
      batch: BATCH,
      threads: THREADS,
      train: text("binarized-mnist"),
      valid: text("binarized-mnist:valid"),
      chart: text("docs/families.svg"),
    },
    run: ({ model, ...options }) => benchFamilies({ networks: model, ...options }),
  }),
  optimisers: bench({
    about: "optimizers with their best learning rates, on the same model, data and time",
    options: {
      model: networks([family("pixelcnn")]),
      optimizer: texts(OPTIMIZER_NAMES),
      rate: amounts([2e-3, 5e-3, 1e-2, 2e-2]),
      minutes: amount(10),
      sweepMinutes: optionalAmount("2.5"),
      seeds: count(1),
      batch: BATCH,
      threads: THREADS,
      train: text("binarized-mnist"),
      valid: optionalText("DATASET"),
      clock: CLOCK,
      charts: text("docs"),
    },
    run: ({ model, optimizer, rate, minutes, sweepMinutes = minutes / 4, ...options }) =>
      benchOptimisers({
        networks: model,
        optimizers: optimizer,
        rates: rate,
        minutes,
        sweepMinutes,
        ...options,
      }),
  }),
  curve: bench({
    about: "validations of runs by the hours that their steps took",
    options: { chart: text("curve.svg") },
    positionals: "RUN ..",
    run: (options, runs) => benchCurve(atLeastOne(runs), options),
  }),
  folder: bench({
    about: "training on a folder that stays on disk, beside one in memory",
    options: {
      model: text("pixelcnn"),
      pictures: count(50_000),
      side: count(64),
      batch: BATCH,
      rounds: count(7),
    },
    run: benchFolder,
  }),
  studio: bench({
    about: "a published page in Chromium: its size, when the first pixel is seen, frame times",
    options: { rounds: count(5) },
    positionals: "RUN ..",
    run: (options, runs) => benchStudio(atLeastOne(runs), options),
  }),
  profile: bench({
    about: "where a training step's time goes: matrix products, moves, elementwise",
    options: { model: networks(BENCH_NETWORKS), batch: BATCH, steps: count(10) },
    run: ({ model, ...options }) => benchProfile(model, options),
  }),
  "studio-load": bench({
    about:
      "the local studio with 200 runs of 10,000 records; a thousand requests a second (by h2load, where it is " +
      "installed), also beside a training",
    options: { seconds: count(30), rounds: count(3) },
    run: benchStudioLoad,
  }),
  cluster: bench({
    about:
      "what a step of training costs on 2 to 256 nodes, computed from what is measured here; latency of the network " +
      "in us",
    options: {
      model: networks([...MODELS.names().map(family), GATED]),
      batch: BATCH,
      threads: THREADS,
      steps: count(5),
      clock: CLOCK,
      latency: amount(50),
    },
    run: ({ model, latency, ...options }) => benchCluster(model, { ...options, latency: latency / 1e6 }),
  }),
  "cluster-network": bench({
    about:
      "steps of two ranks on a link of so many Mbit/s, beside what the plan says (as root: two network namespaces)",
    options: {
      model: text("pixelcnn"),
      batch: count(TRAIN_DEFAULTS.batch, 2),
      steps: count(20, 10),
      rate: amounts([10, 100, 1000]),
    },
    run: ({ rate, ...options }) => benchNetwork({ ...options, megabits: rate }),
  }),
  "cluster-scaling": bench({
    about: "two ranks of one thread beside one process of two threads",
    options: {
      model: text("pixelcnn"),
      batch: count(TRAIN_DEFAULTS.batch, 2),
      steps: count(20, 10),
      rounds: count(5),
    },
    run: benchScaling,
  }),
  "cluster-kills": bench({
    about:
      "kills a rank at a random moment, again and again: nothing is left behind, and the run goes on to the same " +
      "weights",
    options: {
      model: text("gan"),
      kills: count(20),
      ranks: count(3),
      steps: count(200, 20),
      seed: count(0, 0),
    },
    run: benchKills,
  }),
  lowering: bench({
    about: "what fields in blocks of channels bring to the training step",
    run: () => benchLowering({ rounds: 20 }),
  }),
  check: bench({
    about: "whether PyTorch's networks are the same as ours",
    needsPyTorch: true,
    async run() {
      await checkNetworks([GATED, ...modelNamesOf("autoregressive").map(family)]);
      await checkSteps((["vae", "gan", "tokenizer"] as const).flatMap(modelNamesOf).map(family));
    },
  }),
};

const [name = "", ...args] = process.argv.slice(2);
if (!Object.hasOwn(BENCHES, name)) {
  console.error("usage: npm run bench -- NAME [OPTION ..]");
  for (const [each, { usage }] of Object.entries(BENCHES)) console.error(`  ${each.padEnd(15)} ${usage}`);
  process.exit(2);
}
try {
  await BENCHES[name]!.run(args);
} catch (error) {
  const isUsage = error instanceof TypeError && "code" in error;
  if (!isUsage && !(error instanceof NextpixelError)) throw error;
  console.error(`error: ${error.message}`);
  process.exit(2);
}

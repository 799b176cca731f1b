import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { expected, NextpixelError } from "../src/basics/errors.ts";
import { whole } from "../src/cli/arguments.ts";
import { autoregressive } from "../src/families/autoregressive.ts";
import { OPTIMIZER_NAMES } from "../src/families/optimizers.ts";
import { TRAIN_DEFAULTS } from "../src/train/defaults.ts";
import { modelNamesOf, MODELS } from "../src/models/by-name.ts";
import { benchBreakdown } from "./breakdown.ts";
import { checkNetworks, checkSteps } from "./check.ts";
import { benchCluster } from "./cluster.ts";
import { benchNetwork, benchScaling } from "./cluster-runs.ts";
import { requirePyTorch, type Clock } from "./contestants.ts";
import { benchDraw } from "./draw.ts";
import { benchFamilies } from "./families.ts";
import { benchFolder } from "./folder.ts";
import { benchKills } from "./kill-ranks.ts";
import { benchLowering } from "./lowering.ts";
import { BENCH_NETWORKS, family, GATED, type BenchNetwork } from "./networks.ts";
import { benchOptimisers } from "./optimisers.ts";
import { benchProfile } from "./profile.ts";
import { benchResolution } from "./resolution.ts";
import { benchNaive, benchSample } from "./sample.ts";
import { benchStudio } from "./studio.ts";
import { benchStudioLoad } from "./studio-load.ts";
import { benchTall } from "./tall.ts";
import { benchTokenizer } from "./tokenizer.ts";
import { benchTrain } from "./train.ts";

/** In usages. */
const MODELS_WITH_SIZES = "[--model NAME[:SIZE=N,..] ..]";

interface Bench {
  readonly about: string;
  readonly needsPyTorch?: true;
  run(args: string[]): Promise<void>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  train: {
    needsPyTorch: true,
    about:
      `${MODELS_WITH_SIZES} [--rounds 12] [--threads 2] [--clock wall|processor]   training beside PyTorch: PixelCNN ` +
      "and the gated stack, or models",
    run(args) {
      const { models, ...options } = modelsAndRounds(args, 12);
      return benchTrain(models?.map(family) ?? BENCH_NETWORKS, { ...options, batch: 32 });
    },
  },
  sample: {
    needsPyTorch: true,
    about:
      `${MODELS_WITH_SIZES} [--rounds 7] [--threads 2] [--clock wall|processor]   drawing beside PyTorch: the gated ` +
      "stack in detail, or models (autoregressive ones beside the naive way)",
    async run(args) {
      const { models, rounds, threads, clock } = modelsAndRounds(args, 7);
      if (models) {
        const networks = models.map(family);
        const isCausal = ({ name }: BenchNetwork) => modelNamesOf("autoregressive").includes(name);
        await benchNaive(networks.filter(isCausal), { rounds, workers: threads });
        const others = networks.filter((network) => !isCausal(network));
        await benchDraw(others, { rounds, threads, clock });
        return;
      }
      await benchSample({ rounds, workers: threads });
      for (const pictures of [32, 1]) await benchBreakdown(pictures, { rounds });
      await benchTall({ rounds, chart: "docs/sampling-cost.svg" });
    },
  },
  tokenizer: {
    about: "[--rounds 7] [--threads 2]   colour pictures of 256 x 256 to codes and back: pictures per second",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          rounds: { type: "string", default: "7" },
          threads: { type: "string", default: String(availableParallelism()) },
        },
      });
      return benchTokenizer({
        rounds: whole("--rounds", 1)(values.rounds),
        threads: whole("--threads", 1)(values.threads),
      });
    },
  },
  resolution: {
    about:
      "[--rounds 2] [--largest 1024] [--chart docs/resolution.svg]   time for each pixel and memory of pictures drawn coarse to fine, " +
      "of 32 x 32 up to 1,024 x 1,024",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          rounds: { type: "string", default: "2" },
          largest: { type: "string", default: "1024" },
          chart: { type: "string", default: "docs/resolution.svg" },
        },
      });
      return benchResolution({
        rounds: whole("--rounds", 1)(values.rounds),
        largest: whole("--largest", 32)(values.largest),
        chart: values.chart,
      });
    },
  },
  families: {
    about:
      `${MODELS_WITH_SIZES} [--minutes 10] [--seeds 3] [--optimizer NAME] [--lr RATE] [--weight-decay SHARE] ` +
      "[--batch 32] [--threads 2] [--train DATASET] [--valid DATASET] [--chart docs/families.svg]   nats of the " +
      "models trained for so many minutes each (five for 10 with three seeds: some three hours), seconds per step",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          model: { type: "string", multiple: true, default: [...modelNamesOf("autoregressive")] },
          minutes: { type: "string", default: "10" },
          seeds: { type: "string", default: "3" },
          optimizer: { type: "string", default: autoregressive.optimizer },
          lr: { type: "string" },
          "weight-decay": { type: "string" },
          batch: { type: "string", default: String(TRAIN_DEFAULTS.batch) },
          threads: { type: "string", default: String(availableParallelism()) },
          train: { type: "string", default: "binarized-mnist" },
          valid: { type: "string", default: "binarized-mnist:valid" },
          chart: { type: "string", default: "docs/families.svg" },
        },
      });
      const { model, train, valid, chart, lr, "weight-decay": weightDecay } = values;
      return benchFamilies({
        networks: model.map(family),
        minutes: positive("--minutes", values.minutes),
        seeds: whole("--seeds", 1)(values.seeds),
        optimizer: values.optimizer,
        lr: lr === undefined ? undefined : positive("--lr", lr),
        weightDecay: weightDecay === undefined ? undefined : positive("--weight-decay", weightDecay),
        batch: whole("--batch", 1)(values.batch),
        threads: whole("--threads", 1)(values.threads),
        train,
        valid,
        chart,
      });
    },
  },
  optimisers: {
    about:
      "[--model pixelcnn ..] [--optimizer adam --optimizer muon ..] [--rate 2e-3 ..] [--minutes 10] [--sweep-minutes 2.5] " +
      "[--seeds 1] [--batch 32] [--threads 2] [--train DATASET] [--valid DATASET] [--clock wall] [--charts docs]   " +
      "optimizers with their best learning rates, on the same model, data and time",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          model: { type: "string", multiple: true, default: ["pixelcnn"] },
          optimizer: { type: "string", multiple: true, default: [...OPTIMIZER_NAMES] },
          rate: { type: "string", multiple: true, default: ["2e-3", "5e-3", "1e-2", "2e-2"] },
          minutes: { type: "string", default: "10" },
          "sweep-minutes": { type: "string" },
          seeds: { type: "string", default: "1" },
          batch: { type: "string", default: String(TRAIN_DEFAULTS.batch) },
          threads: { type: "string", default: String(availableParallelism()) },
          train: { type: "string", default: "binarized-mnist" },
          valid: { type: "string" },
          clock: { type: "string", default: "wall" },
          charts: { type: "string", default: "docs" },
        },
      });
      const { clock } = values;
      if (clock !== "wall" && clock !== "cpu") throw expected("ARGUMENT", "wall or cpu", "--clock", clock);
      const minutes = positive("--minutes", values.minutes);
      return benchOptimisers({
        models: values.model,
        optimizers: values.optimizer,
        rates: values.rate.map((rate) => positive("--rate", rate)),
        minutes,
        sweepMinutes: positive("--sweep-minutes", values["sweep-minutes"] ?? String(minutes / 4)),
        seeds: whole("--seeds", 1)(values.seeds),
        batch: whole("--batch", 1)(values.batch),
        threads: whole("--threads", 1)(values.threads),
        train: values.train,
        valid: values.valid,
        clock,
        charts: values.charts,
      });
    },
  },
  folder: {
    about:
      "[--model pixelcnn] [--pictures 50000] [--side 64] [--batch 32] [--rounds 7]   training on a folder that stays on disk, " +
      "beside one in memory",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          model: { type: "string", default: "pixelcnn" },
          pictures: { type: "string", default: "50000" },
          side: { type: "string", default: "64" },
          batch: { type: "string", default: String(TRAIN_DEFAULTS.batch) },
          rounds: { type: "string", default: "7" },
        },
      });
      return benchFolder({
        model: values.model,
        pictures: whole("--pictures", 1)(values.pictures),
        side: whole("--side", 1)(values.side),
        batch: whole("--batch", 1)(values.batch),
        rounds: whole("--rounds", 1)(values.rounds),
      });
    },
  },
  studio: {
    about:
      "RUN .. [--rounds 5]   a published page in Chromium: its size, when the first pixel is seen, frame times",
    run(args) {
      const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: { rounds: { type: "string", default: "5" } },
      });
      if (positionals.length === 0) throw expected("ARGUMENT", "at least one run", "the bench", "none");
      return benchStudio(positionals, { rounds: whole("--rounds", 1)(values.rounds) });
    },
  },
  profile: {
    about:
      `${MODELS_WITH_SIZES} [--batch 32] [--steps 10]   where a training step's time goes: matrix products, moves, ` +
      "elementwise",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          model: { type: "string", multiple: true },
          batch: { type: "string", default: String(TRAIN_DEFAULTS.batch) },
          steps: { type: "string", default: "10" },
        },
      });
      return benchProfile(values.model?.map(family) ?? BENCH_NETWORKS, {
        batch: whole("--batch", 1)(values.batch),
        steps: whole("--steps", 1)(values.steps),
      });
    },
  },
  "studio-load": {
    about:
      "[--seconds 30] [--rounds 3]   the local studio with 200 runs of 10,000 records; a thousand requests a second (by " +
      "h2load, where it is installed), also beside a training",
    run(args) {
      const { values } = parseArgs({
        args,
        options: { seconds: { type: "string", default: "30" }, rounds: { type: "string", default: "3" } },
      });
      return benchStudioLoad({
        seconds: whole("--seconds", 1)(values.seconds),
        rounds: whole("--rounds", 1)(values.rounds),
      });
    },
  },
  cluster: {
    about:
      `${MODELS_WITH_SIZES} [--batch 32] [--threads 2] [--steps 5] [--clock wall|processor] [--latency 50]   what a ` +
      "step of training costs on 2 to 256 nodes, computed from what is measured here; latency of the network in us",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          model: { type: "string", multiple: true },
          batch: { type: "string", default: String(TRAIN_DEFAULTS.batch) },
          threads: { type: "string", default: String(availableParallelism()) },
          steps: { type: "string", default: "5" },
          clock: { type: "string", default: "wall" },
          latency: { type: "string", default: "50" },
        },
      });
      return benchCluster(values.model?.map(family) ?? [...MODELS.names().map(family), GATED], {
        batch: whole("--batch", 1)(values.batch),
        threads: whole("--threads", 1)(values.threads),
        steps: whole("--steps", 1)(values.steps),
        clock: clockOf(values.clock),
        latency: positive("--latency", values.latency) / 1e6,
      });
    },
  },
  "cluster-network": {
    about:
      "[--model pixelcnn] [--batch 32] [--steps 20] [--rate 100 ..]   steps of two ranks on a link of so many Mbit/s, beside " +
      "what the plan says (as root: two network namespaces)",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          model: { type: "string", default: "pixelcnn" },
          batch: { type: "string", default: String(TRAIN_DEFAULTS.batch) },
          steps: { type: "string", default: "20" },
          rate: { type: "string", multiple: true, default: ["10", "100", "1000"] },
        },
      });
      return benchNetwork({
        model: values.model,
        batch: whole("--batch", 2)(values.batch),
        steps: whole("--steps", 10)(values.steps),
        megabits: values.rate.map((rate) => positive("--rate", rate)),
      });
    },
  },
  "cluster-scaling": {
    about:
      "[--model pixelcnn] [--batch 32] [--steps 20] [--rounds 5]   two ranks of one thread beside one process of two threads",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          model: { type: "string", default: "pixelcnn" },
          batch: { type: "string", default: String(TRAIN_DEFAULTS.batch) },
          steps: { type: "string", default: "20" },
          rounds: { type: "string", default: "5" },
        },
      });
      return benchScaling({
        model: values.model,
        batch: whole("--batch", 2)(values.batch),
        steps: whole("--steps", 10)(values.steps),
        rounds: whole("--rounds", 1)(values.rounds),
      });
    },
  },
  "cluster-kills": {
    about:
      "[--model gan] [--kills 20] [--ranks 3] [--steps 200] [--seed 0]   kills a rank at a random moment, again and again: nothing is left " +
      "behind, and the run goes on to the same weights",
    run(args) {
      const { values } = parseArgs({
        args,
        options: {
          model: { type: "string", default: "gan" },
          kills: { type: "string", default: "20" },
          ranks: { type: "string", default: "3" },
          steps: { type: "string", default: "200" },
          seed: { type: "string", default: "0" },
        },
      });
      return benchKills({
        model: values.model,
        kills: whole("--kills", 1)(values.kills),
        ranks: whole("--ranks", 1)(values.ranks),
        steps: whole("--steps", 20)(values.steps),
        seed: whole("--seed", 0)(values.seed),
      });
    },
  },
  lowering: {
    about: "what fields in blocks of channels bring to the training step",
    run: () => benchLowering({ rounds: 20 }),
  },
  check: {
    needsPyTorch: true,
    about: "whether PyTorch's networks are the same as ours",
    async run() {
      await checkNetworks([GATED, ...modelNamesOf("autoregressive").map(family)]);
      await checkSteps((["vae", "gan", "tokenizer"] as const).flatMap(modelNamesOf).map(family));
    },
  },
};

function modelsAndRounds(
  args: string[],
  rounds: number,
): { models: string[] | undefined; rounds: number; threads: number; clock: Clock } {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: "string", multiple: true },
      rounds: { type: "string", default: String(rounds) },
      threads: { type: "string", default: String(availableParallelism()) },
      clock: { type: "string", default: "wall" },
    },
  });
  const [all, threads] = [whole("--rounds", 1)(values.rounds), whole("--threads", 1)(values.threads)];
  return { models: values.model, rounds: all, threads, clock: clockOf(values.clock) };
}

function clockOf(text: string): Clock {
  if (text === "wall" || text === "processor") return text;
  throw expected("ARGUMENT", "wall or processor", "--clock", text);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw expected("ARGUMENT", "a number above 0", name, text);
}

const [name, ...args] = process.argv.slice(2);
const bench = Object.hasOwn(BENCHES, name ?? "") ? BENCHES[name!] : undefined;
if (!bench) {
  console.error("usage: npm run bench -- NAME [OPTION ..]");
  for (const [name, { about }] of Object.entries(BENCHES)) console.error(`  ${name.padEnd(15)} ${about}`);
  process.exit(2);
}
try {
  if (bench.needsPyTorch) requirePyTorch();
  await bench.run(args);
} catch (error) {
  const isUsage = error instanceof TypeError && "code" in error;
  if (!isUsage && !(error instanceof NextpixelError)) throw error;
  console.error(`error: ${error.message}`);
  process.exit(2);
}

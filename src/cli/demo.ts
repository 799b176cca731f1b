import { join } from "node:path";
import type { Command } from "commander";
import * as read from "./arguments.ts";
import { duration, note, result } from "./output.ts";
import { runSampling, SAMPLE_DEFAULTS } from "./sample.ts";
import { runScoring } from "./score.ts";
import { runTraining } from "./train.ts";

const DEFAULT_OUT = "runs/demo";

/** Half a minute on two cores. With so few pictures, strong weight decay keeps the validation from rising. */
const DEMO_TRAINING = {
  sizes: { width: 64, depth: 5 },
  batch: 64,
  steps: 400,
  optimizer: "muon",
  lr: 1e-2,
  weightDecay: 0.6,
} as const;
const DEMO_PICTURES = 64;

interface DemoFlags extends read.CommonOptions {
  readonly out: string;
  readonly force?: boolean;
}

export function addDemoCommand(program: Command): void {
  const command = program
    .command("demo")
    .description(
      "train a PixelCNN on handwritten digits in less than a minute, then draw some and score the test pictures",
    )
    .option("--out <run>", "folder to keep the run in; the default one is used again", DEFAULT_OUT)
    .option("--force", "start over in a run folder that exists");
  read.withCommonOptions(command).action(async ({ out, force, json }: DemoFlags) => {
    const started = performance.now();
    note("training a PixelCNN on 8x8 scans of handwritten digits, 17 grey levels");
    await runTraining({ ...DEMO_TRAINING, dataset: "digits", out, force: force ?? out === DEFAULT_OUT });
    const samples = join(out, "samples.png");
    await runSampling(out, { ...SAMPLE_DEFAULTS, count: DEMO_PICTURES, out: samples });
    const test = await runScoring(out, "digits:test", {});
    const seconds = (performance.now() - started) / 1000;
    result(
      { run: out, samples, test, seconds },
      `${test.images} test pictures: ${test.bitsPerDim.toFixed(3)} bits/dim (${test.nllNats.toFixed(2)} nats); ` +
        `${DEMO_PICTURES} new digits: ${samples}; ${duration(seconds)} in all`,
      json,
    );
  });
}

import type { Command } from "commander";
import { COMPARE_DEFAULTS, LEAST_SAMPLES } from "../compare/compare-options.ts";
import { compareRuns } from "../compare/compare.ts";
import { saveReport } from "../compare/save-report.ts";
import * as read from "./arguments.ts";
import { readingDisplay } from "./fetch-display.ts";
import { duration, note, result, StatusLine } from "./output.ts";
import { untilInterrupted } from "./signals.ts";

interface CompareFlags extends read.CommonOptions {
  readonly out: string;
  readonly samples: number;
  readonly seed: number;
  readonly seeds: number;
  readonly importanceSamples?: number;
  readonly threads?: number;
}

export function addCompareCommand(program: Command): void {
  const command = program
    .command("compare")
    .description("compare runs that were trained on the same pictures, and write a report")
    .argument("<run...>", "folders of runs, or hf:owner/name")
    .option("--out <folder>", "folder for report.json and index.html, the same as a page", "report")
    .option(
      "--samples <n>",
      "pictures to draw with each run",
      read.whole("--samples", LEAST_SAMPLES),
      COMPARE_DEFAULTS.samples,
    )
    .option(
      "--seed <n>",
      "seed of what is drawn, and of the classifier that judges it",
      read.whole("--seed", 0),
      COMPARE_DEFAULTS.seed,
    )
    .option(
      "--seeds <n>",
      "train the recipe of each run with so many seeds in all, below the folder of the report",
      read.whole("--seeds", 1),
      COMPARE_DEFAULTS.seeds,
    )
    .option(
      "--importance-samples <n>",
      "of models with latents: also the bound by so many draws of them for each picture",
      read.whole("--importance-samples", 1),
    );
  read.withThreads(command);
  read.withCommonOptions(command).action(async (runs: string[], { json, ...flags }: CompareFlags) => {
    const started = performance.now();
    const show = compareDisplay();
    const report = await untilInterrupted(({ signal }) =>
      compareRuns({ ...flags, runs, signal, onEvent: show, ...readingDisplay() }),
    );
    const files = await saveReport(flags.out, report);
    const seconds = (performance.now() - started) / 1000;
    result(
      { runs, out: flags.out, ...files, seconds },
      `compared ${runs.length} ${runs.length === 1 ? "run" : "runs"} in ${duration(seconds)}: ${files.page}`,
      json,
    );
  });
}

/** Shows on stderr what is being done: a line for each piece of work, and how far it is in a terminal. */
function compareDisplay(): (event: { readonly what: string; readonly done: number }) => void {
  const status = new StatusLine();
  let last = "";
  return ({ what, done }) => {
    if (what !== last) {
      status.clear();
      note(what);
    }
    last = what;
    if (done < 1) status.show(`${what}: ${(100 * done).toFixed(0)} %`);
    else status.clear();
  };
}

import type { Command } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { familyOf } from "../families/by-name.ts";
import { readRunConfig } from "../run/config.ts";
import type { TrainResult } from "../train/loop.ts";
import { resumeAsked, train, type TrainOptions } from "../train/train.ts";
import type { TrainRequest } from "../train/request.ts";
import { readingDisplay } from "./fetch-display.ts";
import { showFoundRate } from "./find-lr.ts";
import { duration, result } from "./output.ts";
import { asRank, coresOfRank, withRankOptions } from "./rank.ts";
import { untilInterrupted } from "./signals.ts";
import { trainCommand } from "./train-command.ts";
import { withTrainOptions } from "./train-options.ts";
import { figuresText, trainingDisplay } from "./training-display.ts";

export function addTrainCommand(program: Command): void {
  const command = program.command("train").description("train a network on pictures");
  withRankOptions(withTrainOptions(command)).action(() =>
    asRank(command, (cluster) => trainAsTold(command, cluster)),
  );
}

async function trainAsTold(command: Command, world: Cluster | undefined): Promise<void> {
  const { threads = world && coresOfRank(world), json, ...told } = await trainCommand(command);
  if ("tested" in told) {
    if (world)
      throw new NextpixelError("ARGUMENT", "learning rates are tested by one process: do without mpirun");
    return showFoundRate(told.tested, { steps: told.steps, threads }, json);
  }
  const out = "resumed" in told ? told.resumed : told.request.out;
  const { figures, ...trained } = await shown(out, (options) =>
    "resumed" in told
      ? resumeAsked(out, told.asked, { ...options, threads, world })
      : train(told.request, { ...options, threads, world }),
  );
  const valid = figuresText(trained.valid, figures);
  const { endedAfter } = trained;
  const early = endedAfter ? `; ended early: the best validation was after step ${endedAfter.step}` : "";
  result(
    { run: out, ...trained },
    `trained ${trained.step} steps in ${duration(trained.seconds)}` +
      `${valid === "" ? "" : `: ${valid} on the validation pictures`}${early}; ${await nextCommand(out)}`,
    json,
  );
}

/** What can be done with a trained run. */
async function nextCommand(run: string): Promise<string> {
  const { network } = await readRunConfig(run);
  return familyOf(network).can.sample
    ? `draw with: nextpixel sample ${run}`
    : `train a network that draws its codes with: nextpixel train <pictures> --tokenizer ${run} --out <run>`;
}

/** Trains with progress on stderr; a signal ends it with everything saved. */
export const runTraining = (request: TrainRequest): Promise<TrainResult> =>
  shown(request.out, (options) => train(request, options));

/** Trains with progress on stderr. Errors after which the run can go on tell the command. */
const shown = (run: string, work: (options: TrainOptions) => Promise<TrainResult>): Promise<TrainResult> =>
  untilInterrupted(({ signal, needs }) => {
    const show = trainingDisplay();
    let lastStep: number | undefined;
    return work({
      signal,
      onEvent(event) {
        show(event);
        if (event.type !== "progress") return;
        // The next step, with a validation that may follow it, takes about as long as those before.
        const now = performance.now();
        if (lastStep !== undefined) needs(2 * (now - lastStep));
        lastStep = now;
      },
      ...readingDisplay(),
    }).catch((cause: unknown) => {
      if (!(cause instanceof NextpixelError) || !cause.about.includes("resume")) throw cause;
      const message = `${cause.message}: nextpixel train --resume --out ${run}`;
      throw new NextpixelError(cause.code, message, { cause, about: cause.about });
    });
  });

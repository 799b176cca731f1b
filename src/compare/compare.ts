import { cpus } from "node:os";
import { NextpixelError } from "../basics/errors.ts";
import { cores } from "../runtime/workers/node.ts";
import { openPictures, stackedIfAsked } from "../train/pictures.ts";
import { requestOf } from "../train/config-of-request.ts";
import { version } from "../version.ts";
import { trainClassifier } from "./classifier.ts";
import { checkedOptions, type CompareOptions } from "./compare-options.ts";
import { controlRows } from "./controls.ts";
import { figuresOf } from "./figures.ts";
import { throwIfAborted } from "./interruption.ts";
import { accuracyOf } from "./judge.ts";
import { notesOf } from "./notes.ts";
import type { ComparedFigure, ComparedRow, Report, SeedOutcome } from "./report.ts";
import { runRow } from "./run-row.ts";
import { openRuns } from "./runs.ts";
import { prepareReportFolder } from "./save-report.ts";
import { openYardstick } from "./yardstick.ts";

/**
 * Compares runs that were trained on the same pictures: likelihood, diversity, memorisation, stability and cost, beside
 * control rows of pictures of the data set.
 *
 * @throws as `openRuns`, `openDataset`, `prepareReportFolder` and `trainSeeds`; ARGUMENT if an option is out of its
 * range; INTERRUPTED
 */
export async function compareRuns(options: CompareOptions): Promise<Report> {
  const { signal } = options;
  try {
    return await compareAll(options);
  } catch (cause) {
    // What was interrupted may throw the signal's own reason.
    if (!(cause instanceof NextpixelError)) throwIfAborted(signal);
    throw cause;
  }
}

async function compareAll(options: CompareOptions): Promise<Report> {
  const { samples, seed, seeds } = checkedOptions(options);
  const { threads, signal, importanceSamples, onEvent = () => undefined } = options;
  const progress = (what: string) => (done: number) => onEvent({ what, done });
  const runs = await openRuns(options.runs, options.download);
  const { config, folder } = runs[0]!;
  const request = { ...requestOf(config, folder), ...options.pictures };
  // Labels are read, whether or not a model knows them.
  const unstacked = await openPictures({ ...request, classConditional: true }, options);
  const pictures = stackedIfAsked(request, unstacked);
  const { train, valid } = pictures;
  // Not before what was asked for is known to make sense.
  if (options.out !== undefined) await prepareReportFolder(options.out);

  const classifying = progress("training the classifier");
  const classifier = await trainClassifier(unstacked.train, {
    seed,
    steps: options.classifierSteps,
    threads,
    signal,
    onStep: (step, steps) => classifying(step / steps),
  });
  const accuracy = await accuracyOf(classifier, unstacked, threads);
  const members = train.size.channels / unstacked.train.size.channels;
  const yardstick = await openYardstick(classifier, pictures, {
    samples,
    seed,
    members,
    unstacked: unstacked.train,
    threads,
    signal,
  });
  try {
    const rows: ComparedRow[] = [];
    const outcomes: SeedOutcome[] = [];
    for (const run of runs) {
      throwIfAborted(signal);
      const { row, trained } = await runRow(run, yardstick, valid, {
        ...options,
        samples,
        seed,
        seeds,
        progress,
      });
      rows.push(row);
      outcomes.push(...trained.map(({ outcome }) => outcome));
    }
    rows.push(...(await controlRows(yardstick, seed, progress("measuring the controls"), signal)));
    const figures = figuresOf({
      samples,
      shares: yardstick.shares,
      kind: members > 1 ? "mode" : "class",
      importanceSamples,
      seeds,
    });
    return {
      format: 1,
      nextpixel: version,
      made: new Date().toISOString(),
      data: {
        name: train.name,
        trainingPictures: train.count,
        heldOutPictures: valid.count,
        ...train.size,
        levels: train.levels,
        classes: train.classNames ?? null,
      },
      classifier: {
        accuracy,
        seed,
        steps: classifier.steps,
        sha256: classifier.sha256,
        features: yardstick.judge.features,
      },
      samples,
      seed,
      machine: `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${threads ?? cores()} cores`,
      figures,
      rows: rows.map((row) => ({ ...row, values: complete(row, figures) })),
      seeds: outcomes,
      notes: notesOf(yardstick, { samples, members, train, valid, seeds, accuracy }),
    };
  } finally {
    await yardstick.close();
  }
}

/** A value of every figure. */
const complete = ({ values }: ComparedRow, figures: readonly ComparedFigure[]): ComparedRow["values"] =>
  Object.fromEntries(
    figures.map(({ name }) => [name, values[name] ?? { missing: "no model drew these pictures" }]),
  );

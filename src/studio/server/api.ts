import { readdir } from "node:fs/promises";
import { Hono, type Context } from "hono";
import * as v from "valibot";
import { NextpixelError, wholeNumber } from "../../basics/errors.ts";
import { readBounded } from "../../files/bounded-read.ts";
import { newLines } from "../../files/new-lines.ts";
import { readRunConfig } from "../../run/config.ts";
import { LOG, METRICS, previewFile, previewStep, SAMPLES } from "../../run/run-folder.ts";
import {
  CURSOR_HEADER,
  MORE_HEADER,
  START_HEADER,
  type FieldValues,
  type RunDetails,
  type TrainField,
} from "../runs-api.ts";
import type { SentList } from "./run-list.ts";
import { asked } from "./request.ts";
import { inRun, newRun, runNamed } from "./run-paths.ts";
import type { Trainings } from "./trainings.ts";

/** `nextpixel train`, as the studio needs it: it is the command line that knows its options. */
export interface TrainOptionsForm {
  readonly fields: readonly TrainField[];
  /**
   * The words of the command that trains a new run in a folder with the options that a form gives.
   *
   * @throws ARGUMENT if they make no sense, or ask for pictures outside the folder that is open to the studio
   */
  wordsOf(run: string, values: FieldValues): Promise<string[]>;
  /** The words of the command that goes on with a run. */
  resumeWords(run: string, steps: number | undefined): string[];
}

export interface Api {
  readonly root: string;
  readonly form: TrainOptionsForm;
  readonly trainings: Trainings;
  readonly list: () => Promise<SentList>;
}

/** No system takes control characters in the words of a command. */
const text = v.pipe(v.string(), v.maxLength(2000), v.regex(/^\P{Cc}*$/u, "Expected text of one line"));
const newRunSchema = v.strictObject({
  name: v.string(),
  values: v.record(v.string(), v.union([text, v.literal(true)])),
});
const resumptionSchema = v.strictObject({
  steps: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
});
const nothingSchema = v.strictObject({});

/** Some thousand pictures of previews in a row. */
const MAX_PREVIEW_BYTES = 2 ** 24;

/** What the page asks about runs; see `runs-api.ts`. */
export function api({ root, form, trainings, list }: Api): Hono {
  const app = new Hono();
  const runOf = (context: Context) => runNamed(root, context.req.param("run")!);

  /** Two trainings would each be half as fast. @throws LOCKED if one runs */
  async function refuseSecond(): Promise<void> {
    const { runs } = await list();
    const other = runs.find(({ state }) => state === "training");
    if (other !== undefined) {
      throw new NextpixelError(
        "LOCKED",
        `${other.name} is being trained: stop it first, or wait for its end`,
      );
    }
  }

  app.get("/runs", async (context) => {
    const { json, tag } = await list();
    if (context.req.header("if-none-match") === tag) return context.body(null, 304, { ETag: tag });
    return context.body(json, 200, { ...JSON_TYPE, ETag: tag });
  });

  app.get("/runs/:run", async (context) => {
    const run = await runOf(context);
    const config = await readRunConfig(run).catch((error: unknown) => {
      if (!(error instanceof NextpixelError)) throw error;
      return undefined;
    });
    return context.json({ config, previews: await previewsOf(run) } satisfies RunDetails);
  });

  app.get("/runs/:run/metrics", async (context) => sendLines(context, await runOf(context), METRICS));
  app.get("/runs/:run/log", async (context) => sendLines(context, await runOf(context), LOG));

  app.get("/runs/:run/previews/:step", async (context) => {
    const step = wholeNumber(Number(context.req.param("step")), "the step", 0);
    const file = await inRun(await runOf(context), SAMPLES, previewFile(step));
    const bytes = await readBounded(file, MAX_PREVIEW_BYTES);
    return context.body(new Uint8Array(bytes), 200, { "Content-Type": "image/png" });
  });

  app.get("/form", (context) => context.json(form.fields));

  app.post("/runs", async (context) => {
    const { name, values } = await asked(context, newRunSchema);
    const run = await newRun(root, name);
    await refuseSecond();
    await trainings.start(run, await form.wordsOf(run, values), "new");
    return context.json({}, 202);
  });

  app.post("/runs/:run/resume", async (context) => {
    const { steps } = await asked(context, resumptionSchema);
    const run = await runOf(context);
    await refuseSecond();
    await trainings.start(run, form.resumeWords(run, steps), "continued");
    return context.json({}, 202);
  });

  app.post("/runs/:run/stop", async (context) => {
    await asked(context, nothingSchema);
    await trainings.stop(await runOf(context));
    return context.json({}, 202);
  });

  return app;
}

const JSON_TYPE = { "Content-Type": "application/json" };

/** Sends the lines of a file that came after those that the page knows. */
async function sendLines(context: Context, run: string, name: string): Promise<Response> {
  const file = await inRun(run, name).catch((error: unknown) => {
    if (error instanceof NextpixelError) return undefined;
    throw error;
  });
  // A run has no metrics before its first record, and no log if nobody has kept one.
  if (file === undefined)
    return context.body("", 200, { [CURSOR_HEADER]: "", [START_HEADER]: "1", ...TEXT_TYPE });
  const { bytes, cursor, isStart, hasMore } = await newLines(file, context.req.query("after") ?? "");
  return context.body(new Uint8Array(bytes), 200, {
    ...TEXT_TYPE,
    [CURSOR_HEADER]: cursor,
    ...(isStart && { [START_HEADER]: "1" }),
    ...(hasMore && { [MORE_HEADER]: "1" }),
  });
}

const TEXT_TYPE = { "Content-Type": "text/plain; charset=utf-8" };

/** The steps of a run of which there are pictures. */
async function previewsOf(run: string): Promise<number[]> {
  const folder = await inRun(run, SAMPLES).catch(() => undefined);
  const names = folder === undefined ? [] : await readdir(folder);
  return names
    .map(previewStep)
    .filter((step) => step !== undefined)
    .sort((a, b) => a - b);
}

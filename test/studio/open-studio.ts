import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trainForm } from "../../src/cli/train-form.ts";
import { openStudio, type Studio } from "../../src/studio/server/server.ts";
import { MAIN } from "../cli/run-cli.ts";
import { TINY_CONFIG } from "../run/tiny-config.ts";

/** A studio of this process, whose page may train on pictures in a folder. */
export const studioOf = (root: string, data: string, report?: string): Promise<Studio> =>
  openStudio({ root, port: 0, form: trainForm(data), program: [process.execPath, MAIN], report });

/** A record of metrics.jsonl, as training writes them. */
export const recordOf = (step: number, valid: Readonly<Record<string, number>> | null = null) => ({
  step,
  epoch: step / 100,
  train: { nats: 20 / step, bitsPerDim: 2 / step },
  learningRate: 0.001,
  imagesPerSecond: 100,
  valid,
});

/** A run that was never trained, but looks as if: `TINY_CONFIG` with what is given in its place, and records. */
export async function writeRun(
  run: string,
  config: object = {},
  records: readonly object[] = [],
): Promise<void> {
  await mkdir(run, { recursive: true });
  await writeFile(join(run, "config.json"), JSON.stringify({ ...TINY_CONFIG, ...config }));
  await writeFile(
    join(run, "metrics.jsonl"),
    records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  );
}

import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../files/atomic-write.ts";
import { readError, unlessMissing, writeError } from "../files/system-error.ts";
import { METRICS } from "./run-folder.ts";

/** Appends a line of JSON to `metrics.jsonl`. Throws WRITE. */
export async function appendMetrics(path: string, record: object): Promise<void> {
  const file = join(path, METRICS);
  try {
    const metrics = await open(file, "a+");
    try {
      // A crash may have left half a line, which must not swallow this one.
      const { size } = await metrics.stat();
      const last = size > 0 ? (await metrics.read(new Uint8Array(1), 0, 1, size - 1)).buffer[0] : NEWLINE;
      await metrics.writeFile(`${last === NEWLINE ? "" : "\n"}${JSON.stringify(record)}\n`);
    } finally {
      await metrics.close();
    }
  } catch (cause) {
    throw writeError(file, cause);
  }
}

const NEWLINE = 0x0a;

/**
 * Leaves only those records in `metrics.jsonl` that are of the first `step` steps: those beyond will be written again. A line
 * that is not whole, since a crash cut it off, goes too. Throws WRITE.
 */
export async function truncateMetrics(path: string, step: number): Promise<void> {
  const file = join(path, METRICS);
  const text = await unlessMissing(readFile(file, "utf8")).catch((cause: unknown) => {
    throw readError(file, cause);
  });
  if (text === undefined) return;
  const kept = text.split("\n").filter((line) => (stepOfRecord(line) ?? Number.POSITIVE_INFINITY) <= step);
  await writeAtomically(file, kept.map((line) => `${line}\n`).join(""));
}

function stepOfRecord(line: string): number | undefined {
  try {
    const { step } = JSON.parse(line) as { step?: unknown };
    return typeof step === "number" ? step : undefined;
  } catch {
    return undefined;
  }
}

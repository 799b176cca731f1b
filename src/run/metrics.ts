import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../files/atomic-write.ts";
import { isThere, readBounded } from "../files/bounded-read.ts";
import { lastLines } from "../files/new-lines.ts";
import { writeError } from "../files/system-error.ts";
import { recordIn } from "./record.ts";
import { METRICS } from "./run-folder.ts";

/** Appends a line of JSON to `metrics.jsonl`. @throws WRITE */
export async function appendMetrics(path: string, record: object): Promise<void> {
  const file = join(path, METRICS);
  try {
    const metrics = await open(file, "a+");
    try {
      // A crash may have left an incomplete line, to which this one must not be joined.
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

/** Some ten million records. */
const MAX_METRICS_BYTES = 2 ** 30;

/**
 * Keeps only the records of the first `step` steps in `metrics.jsonl`; later ones will be written again. A line that is
 * incomplete because of a crash is removed too.
 *
 * @throws WRITE; FORMAT if the file is too large
 */
export async function truncateMetrics(path: string, step: number): Promise<void> {
  const file = join(path, METRICS);
  if (!(await isThere(file))) return;
  const bytes = await readBounded(file, MAX_METRICS_BYTES);
  let kept = 0;
  // Line by line, because the whole may be too long for a string. Lines that are kept move towards the start.
  for (let start = 0, end = 0; start < bytes.length; start = end) {
    const newline = bytes.indexOf(NEWLINE, start);
    end = newline < 0 ? bytes.length : newline + 1;
    if (newline < 0 || (stepOfRecord(bytes.subarray(start, newline)) ?? Number.POSITIVE_INFINITY) > step)
      continue;
    bytes.copyWithin(kept, start, end);
    kept += end - start;
  }
  await writeAtomically(file, bytes.subarray(0, kept));
}

function stepOfRecord(line: Uint8Array): number | undefined {
  const { step } = recordOf(line);
  return typeof step === "number" ? step : undefined;
}

/** As `recordIn`, of the bytes of a line. */
const recordOf = (line: Uint8Array): Readonly<Record<string, unknown>> =>
  line.length > MAX_RECORD_BYTES || !isUtf8(line) ? {} : recordIn(new TextDecoder().decode(line));

/** What we write is some hundred bytes. */
const MAX_RECORD_BYTES = 2 ** 16;

/** The last records of a run, as far as they are sound. */
export interface LatestRecords {
  /** Steps that the last record tells of; 0 if there is none. */
  readonly step: number;
  /** The figures of the last validation among them. */
  readonly valid: Readonly<Record<string, number>>;
}

/** Far more than the records from one validation to the next take. */
const LATEST_BYTES = 2 ** 16;

/** What the last records of a run say. @throws NOT_FOUND, FORMAT as `lastLines` */
export async function latestRecords(path: string): Promise<LatestRecords> {
  const lines = await lastLines(join(path, METRICS), LATEST_BYTES);
  let step: number | undefined;
  for (const line of lines.reverse()) {
    const record = recordIn(line);
    if (typeof record["step"] !== "number") continue;
    step ??= record["step"];
    if (typeof record["valid"] === "object" && record["valid"] !== null)
      return { step, valid: figuresIn(record) };
  }
  return { step: step ?? 0, valid: {} };
}

/** What a line of `metrics.jsonl` says of a training. */
export interface TrainingRecord {
  readonly step: number;
  /** Of all steps until then, without validations and previews. */
  readonly seconds: number;
  /** Figures of the validation after this step; none if there was no such. */
  readonly valid: Readonly<Record<string, number>>;
}

/**
 * What a run with so many pictures in a step has recorded: a record has the speed since the one before.
 *
 * @throws FORMAT if the file is too large; NOT_FOUND if it cannot be read
 */
export async function trainingRecords(path: string, batch: number): Promise<TrainingRecord[]> {
  const found: TrainingRecord[] = [];
  for (const record of await allRecords(path)) {
    const { step, imagesPerSecond } = record;
    if (typeof step !== "number" || typeof imagesPerSecond !== "number") continue;
    const before = found.at(-1) ?? { step: 0, seconds: 0 };
    const seconds = before.seconds + ((step - before.step) * batch) / imagesPerSecond;
    found.push({ step, seconds, valid: figuresIn(record) });
  }
  return found;
}

/** The figures of the validation after a step; none if there was no such. @throws as `trainingRecords` */
export async function validationAt(path: string, step: number): Promise<Readonly<Record<string, number>>> {
  for (const record of await allRecords(path)) if (record["step"] === step) return figuresIn(record);
  return {};
}

/** All records of a run, one after the other. */
async function allRecords(path: string): Promise<Iterable<Readonly<Record<string, unknown>>>> {
  const file = join(path, METRICS);
  return (await isThere(file)) ? recordsIn(await readBounded(file, MAX_METRICS_BYTES)) : [];
}

/** Line by line, because the whole may be too long for a string. */
function* recordsIn(bytes: Uint8Array): Generator<Readonly<Record<string, unknown>>> {
  for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
    end = bytes.indexOf(NEWLINE, start);
    if (end < 0) return;
    yield recordOf(bytes.subarray(start, end));
  }
}

/** The figures of the validation that a record tells of. */
function figuresIn({ valid }: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> {
  const numbers = Object.entries(valid ?? {}).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(numbers);
}

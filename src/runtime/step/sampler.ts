import { expected, NextpixelError } from "../../basics/errors.ts";
import { multiplyAddsOfTimes } from "../../lower/step/multiply-adds.ts";
import { bytesOfDrawer, type DrawRequest, type SamplerProgram } from "./draw.ts";
import { bytesOfFields } from "./layout.ts";
import { localRunner, type Job, type JobRunner } from "./job.ts";
import { mailbox } from "./mailbox.ts";
import { workerRunner, type StartWorker } from "./worker.ts";

export interface SampleRequest extends DrawRequest {
  /** Pictures to draw. */
  readonly count: number;
  readonly signal?: AbortSignal | undefined;
}

/** A finished row of the pictures first .. first+count-1, counted from the first one asked for. */
export interface FinishedRow {
  readonly first: number;
  readonly count: number;
  readonly row: number;
  /** [count, channels, cols] */
  readonly levels: Uint8Array;
}

/** What happens while pictures are drawn. Pictures that are drawn together are told of together. */
export type SampleEvent =
  | ({ readonly kind: "row" } & FinishedRow)
  | {
      readonly kind: "pictures";
      readonly first: number;
      readonly count: number;
      /**
       * -log p of the drawn sub-pixels of each picture, in nats, at temperature 1; undefined of models that cannot
       * tell it as they draw.
       */
      readonly nats: Float64Array | undefined;
    };

export interface StepSampler {
  /**
   * Draws pictures, and tells of each row as it is finished. Ends early where the iteration does.
   *
   * @throws The signal's reason if that is aborted, INTERRUPTED if the sampler is closed, what a worker fails with.
   */
  stream(request: SampleRequest): AsyncGenerator<SampleEvent, void>;
  /** Bytes of the kernels' memory that drawing so many pictures of so many rows takes, of all threads together. */
  bytesFor(count: number, rows: number): number;
  /** Ends the workers, and a stream that is going on. Nothing can be drawn any more. */
  close(): void;
}

export interface StepSamplerOptions {
  /** Threads that draw, at most: for little work none is started. One: this thread, which stays responsive. */
  readonly workers: number;
  readonly startWorker: StartWorker;
}

/** More pictures than this, drawn together, take no less time each, and more memory. */
const LARGEST_BATCH = 32;
/** Bound on the memory of pictures that are drawn together, if they are more than one. */
const LARGEST_BATCH_BYTES = 2 ** 28;

/** Of a worker: to start it takes as long as some 10^9 multiply-adds. */
const LEAST_MULTIPLY_ADDS = 1e9;

/** Opens a sampler. Pictures are the same, bit for bit, whatever the number of workers. */
export function openStepSampler(
  program: SamplerProgram,
  { workers, startWorker }: StepSamplerOptions,
): StepSampler {
  const local = localRunner(program);
  const perPixel = multiplyAddsOfTimes(program.steps).reduce((total, one) => total + one);
  const pool: JobRunner[] = [];
  const largestBatch = Math.min(LARGEST_BATCH, Math.ceil(LARGEST_BATCH_BYTES / bytesOfFields(program.steps)));
  /** Of a drawer of so many pictures, once it was asked for. */
  const bytesByBatch = new Map<number, number>();
  /** Stops the stream that is going on. */
  let drawing: AbortController | undefined;
  let isClosed = false;

  /** How many pictures are drawn together, and by how many threads. */
  const sharesOf = (count: number, rows: number) => {
    const batch = Math.min(largestBatch, Math.ceil(count / workers));
    const worthwhile = Math.ceil((count * rows * program.steps.cols * perPixel) / LEAST_MULTIPLY_ADDS);
    // A function cannot be sent to a worker.
    const most = typeof program.draw === "function" ? 1 : workers;
    return { batch, threads: Math.max(1, Math.min(most, Math.ceil(count / batch), worthwhile)) };
  };
  const runners = (threads: number): readonly JobRunner[] => {
    if (threads === 1) return [local];
    while (pool.length < threads) pool.push(workerRunner(program, startWorker));
    return pool.slice(0, threads);
  };

  return {
    async *stream({ count, signal, ...request }) {
      if (isClosed) throw closedError();
      if (drawing) throw expected("ARGUMENT", "one stream at a time", "a sampler", "a second one");
      const { batch, threads } = sharesOf(count, request.rows);
      const starts = Array.from({ length: Math.ceil(count / batch) }, (_, i) => i * batch);
      const stopped = new AbortController();
      const anySignal = signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal;
      const events = mailbox<SampleEvent>();

      const work = async (runner: JobRunner) => {
        for (let first = starts.shift(); first !== undefined; first = starts.shift()) {
          const of = { first, count: Math.min(batch, count - first) };
          const job: Job = {
            ...request,
            first: request.first + first,
            pictures: of.count,
            given: request.given && {
              ...request.given,
              levels: ofPictures(request.given.levels, of, count),
            },
            classes: request.classes?.slice(first, first + of.count),
            field: request.field && ofPictures(request.field, of, count),
          };
          const onRow = (row: number, levels: Uint8Array) => events.put({ kind: "row", ...of, row, levels });
          const nats = await runner.run(job, onRow, anySignal);
          events.put({ kind: "pictures", ...of, nats });
        }
      };

      drawing = stopped;
      Promise.all(runners(threads).map(work)).then(events.end, events.fail);
      try {
        yield* events.all();
      } finally {
        stopped.abort();
        drawing = undefined;
      }
    },
    bytesFor(count, rows) {
      const { batch, threads } = sharesOf(count, rows);
      const bytes = bytesByBatch.get(batch) ?? bytesOfDrawer(program, batch);
      bytesByBatch.set(batch, bytes);
      return threads * bytes;
    },
    close() {
      isClosed = true;
      drawing?.abort(closedError());
      for (const runner of pool.splice(0)) runner.close();
    },
  };
}

const closedError = () => new NextpixelError("INTERRUPTED", "the sampler was closed: open another to draw");

/** Of values of all pictures, [count, ..], those of one job. */
function ofPictures(
  values: Uint8Array,
  { first, count }: { readonly first: number; readonly count: number },
  total: number,
): Uint8Array {
  const length = values.length / total;
  return values.slice(first * length, (first + count) * length);
}

/** Copies a finished row to its place in pictures [count, channels, rows, cols]. */
export function placeRow(
  pictures: Uint8Array,
  { channels, rows, cols }: { readonly channels: number; readonly rows: number; readonly cols: number },
  { first, count, row, levels }: FinishedRow,
): void {
  for (let map = 0; map < count * channels; map++) {
    const line = levels.subarray(map * cols, (map + 1) * cols);
    pictures.set(line, ((first * channels + map) * rows + row) * cols);
  }
}

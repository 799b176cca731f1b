import { expected, numberFrom, wholeNumber } from "../basics/errors.ts";
import { classesInTurn } from "../data/classes.ts";
import { pictureLength, type PictureSize } from "../data/dataset.ts";
import type { GivenPixels } from "../runtime/step/draw.ts";
import { openStepSampler, type SampleEvent } from "../runtime/step/sampler.ts";
import type { StartWorker } from "../runtime/step/worker.ts";
import { MAX_THREADS } from "../runtime/threads.ts";
import type { OpenForward } from "./forward-pass.ts";
import { fieldValues } from "./field.ts";
import { checkGiven } from "./given-pixels.ts";
import { buildNetwork, type NetworkConfig } from "./network.ts";
import { checkAnySize } from "./picture-size.ts";
import { samplerProgram } from "./step-program.ts";

export interface SamplerOptions {
  /** Threads that draw; all cores if not given. */
  readonly workers?: number | undefined;
  /** Size of the pictures, if it is not that of the training pictures. */
  readonly size?: Pick<PictureSize, "rows" | "cols"> | undefined;
}

export interface StreamOptions {
  /** Pictures to draw. */
  readonly count: number;
  /** Picture k of a seed is always the same. 0 if not given. */
  readonly seed?: number | undefined;
  /** Below 1: likelier pictures; above 1: more varied ones; see `TEMPERATURES`. 1 if not given. */
  readonly temperature?: number | undefined;
  /** Number of the first picture of the seed to draw; 0 if not given. */
  readonly first?: number | undefined;
  /** Pixels that stay as they are; the others are drawn. */
  readonly given?: GivenPixels | undefined;
  /**
   * Of models that are conditioned on a field, its values, [count, channels, rows, cols]. If it is made of known pixels,
   * those that are given if it is left out.
   */
  readonly field?: Uint8Array | undefined;
  /**
   * Classes to draw, by name or by number (from 0), in turn: picture k of the seed is of class k modulo their number.
   * All classes of the model if not given.
   */
  readonly classes?: readonly (string | number)[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Draws pictures with one model, as often as asked. */
export interface Sampler {
  readonly size: PictureSize;
  /** How many there are: levels are 0 .. levels-1. */
  readonly levels: number;
  /**
   * Yields each row of pictures as it is finished. One stream at a time.
   *
   * @throws the signal's reason if it is aborted; ARGUMENT if the pictures would be more than 1 GiB, if drawing them
   * takes more memory than there is, if what is given does not fit them, or if the model has no such class.
   */
  stream(options: StreamOptions): AsyncGenerator<SampleEvent, void>;
  /**
   * Bytes of memory that drawing so many pictures takes at most: for what is kept of them while they are drawn, and for
   * the pictures; undefined of models that make whole pictures at once.
   */
  bytesFor(count: number): number | undefined;
  /** Ends the workers; a stream that is going on ends with an INTERRUPTED error. Nothing can be drawn any more. */
  close(): void;
}

/** A network and the values of all its parameters, in one vector. */
export interface TrainedNetwork {
  readonly config: NetworkConfig;
  readonly weights: Float32Array;
}

/** What the place where it runs, Node or a browser, gives a sampler. */
export interface Place {
  /** Threads that can run at once. */
  readonly cores: () => number;
  /** Bytes of memory that the machine has; unknown in browsers. */
  readonly memory?: () => number;
  readonly startWorker: StartWorker;
  /** What runs a whole network at once; browsers have nothing that does. */
  readonly openForward?: OpenForward;
}

/**
 * Temperatures that pictures can be drawn at. Logits are float32, with some seven digits: at the least of these it is
 * the last digit that decides between levels, so that a lower one would draw no other pictures, until it is 0 as a
 * float32. At the largest all levels are equally likely.
 */
export const TEMPERATURES = { least: 1e-6, largest: 1e6 } as const;

/** The pictures of a seed: their numbers have 32 bits (see `src/kernels/uniforms.ts`). */
export const MAX_PICTURES = 2 ** 32;

/** Bound on the sub-pixels of all pictures together, one byte each. */
const MAX_BYTES = 2 ** 30;

/** Checks that this many pictures can be drawn at once. @throws ARGUMENT */
export function checkCount(count: number, size: PictureSize): void {
  const bytes = wholeNumber(count, "the number of pictures", 1) * pictureLength(size);
  if (bytes <= MAX_BYTES) return;
  const all = `${count === 1 ? "a picture" : `${count} pictures`} of ${size.cols}x${size.rows}`;
  throw expected("ARGUMENT", `at most ${MAX_BYTES} sub-pixels`, all, bytes);
}

/**
 * Opens a sampler that draws pixel by pixel; close it after use.
 *
 * @throws ARGUMENT if the network cannot draw pictures of that size.
 */
export function openNetworkSampler(
  { config, weights }: TrainedNetwork,
  options: SamplerOptions,
  place: Place,
): Sampler {
  const size = checkedSize(options.size ?? config.size, config.size.channels);
  const network = buildNetwork({ ...config, size }, 1);
  if (options.size) checkAnySize(buildNetwork(config, 1), network);
  const workers = wholeNumber(options.workers ?? place.cores(), "the number of workers", 1, MAX_THREADS);
  const { startWorker } = place;
  const sampler = openStepSampler(samplerProgram(network, weights), { workers, startWorker });
  // The levels that are drawn and, if a field is made of them, given ones and that field.
  const bytesOfPicture = pictureLength(size) * (config.field ? 3 : 1);
  const bytesFor = (count: number) => count * bytesOfPicture + sampler.bytesFor(count, size.rows);
  return {
    size,
    levels: config.levels,
    bytesFor,
    stream(options) {
      checkStream(options, { ...config, size });
      checkMemory(options.count, size, bytesFor, place);
      const { count, seed = 0, temperature = 1, first = 0, given, classes: wanted, signal } = options;
      const classes = classesInTurn(config.classes, { first, count, wanted });
      const field = fieldValues({ ...config, size }, options);
      return sampler.stream({
        count,
        seed,
        temperature,
        first,
        given,
        field,
        classes,
        signal,
        rows: size.rows,
      });
    },
    close: () => sampler.close(),
  };
}

/** The size of pictures to draw. @throws ARGUMENT if there are none of that size, or they are too large */
export function checkedSize(
  { rows, cols }: Pick<PictureSize, "rows" | "cols">,
  channels: number,
): PictureSize {
  const size = {
    channels,
    rows: wholeNumber(rows, "the rows of a picture", 1),
    cols: wholeNumber(cols, "the columns of a picture", 1),
  };
  checkCount(1, size);
  return size;
}

/** Checks that drawing pictures does not take more memory than there is. @throws ARGUMENT */
export function checkMemory(
  count: number,
  { rows, cols }: PictureSize,
  bytesFor: (count: number) => number,
  { memory }: Pick<Place, "memory">,
): void {
  const there = memory?.() ?? Number.POSITIVE_INFINITY;
  const bytes = bytesFor(count);
  if (bytes <= there) return;
  const mebibytes = (value: number) => `${Math.ceil(value / 2 ** 20)} MiB`;
  const what = `at most the machine's memory of ${mebibytes(there)}`;
  throw expected("ARGUMENT", what, `drawing ${count} picture(s) of ${cols}x${rows}`, mebibytes(bytes));
}

/** Checks what a stream is asked for, except its classes. @throws ARGUMENT */
export function checkStream(
  { count, seed = 0, temperature = 1, first = 0, given }: StreamOptions,
  { size, levels }: Pick<NetworkConfig, "size" | "levels">,
): void {
  checkCount(count, size);
  wholeNumber(seed, "the seed", 0);
  wholeNumber(first, "the number of the first picture", 0, MAX_PICTURES - count);
  numberFrom(temperature, "the temperature", TEMPERATURES.least, TEMPERATURES.largest);
  if (given) checkGiven(given, count, size, levels);
}

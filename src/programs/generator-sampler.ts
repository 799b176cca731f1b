import { inOrder } from "../basics/concurrent.ts";
import { expected, NextpixelError, wholeNumber } from "../basics/errors.ts";
import { classesInTurn } from "../data/classes.ts";
import { pictureLength, type PictureSize } from "../data/dataset.ts";
import type { NoiseInput } from "../nn/noise-input.ts";
import type { SampleEvent } from "../runtime/step/sampler.ts";
import { MAX_THREADS } from "../runtime/threads.ts";
import type { Forward, ForwardGraph } from "./forward-pass.ts";
import type { NetworkConfig } from "./network.ts";
import { fieldValues } from "./field.ts";
import { noiseOf, type Noise } from "./noise.ts";
import { openLevelDrawer, type DrawLevels, type PictureOutput } from "./picture-output.ts";
import { checkStream, type Place, type Sampler, type SamplerOptions } from "./sampler.ts";
import type { PartVectors } from "./trainable.ts";

/** A graph that makes pictures of random numbers, all of their pixels at once. */
export interface GeneratorGraph extends ForwardGraph {
  readonly noise: readonly NoiseInput[];
  readonly output: PictureOutput;
}

/** Sub-pixels that are drawn together, at most, if they are of more than one picture. */
const LARGEST_BATCH_SIZE = 2 ** 20;
const LARGEST_BATCH = 32;
/** For fewer batches no threads are started: it would take longer than the work. */
const BATCHES_FOR_THREADS = 8;

/**
 * Opens a sampler of a network that makes whole pictures of random numbers; close it after use. Random numbers are
 * functions of seed and picture, and picture k of a seed is always computed at the same place of a batch of the
 * same size: so it is the same whatever is drawn beside it. The temperature multiplies normal random numbers, and
 * is that of the likelihood, if there is one.
 *
 * @throws ARGUMENT if pictures of another size are asked for, or where whole networks cannot be run.
 */
export function openGeneratorSampler(
  trace: (config: NetworkConfig, batch: number) => GeneratorGraph,
  { config, weights }: { readonly config: NetworkConfig; readonly weights: PartVectors },
  options: SamplerOptions,
  { cores, openForward }: Place,
): Sampler {
  const { size, levels } = config;
  checkSize(options.size, config);
  if (!openForward)
    throw expected("ARGUMENT", "a model that draws pixel by pixel", "a browser", config.model, "model");
  const threads = wholeNumber(options.workers ?? cores(), "the number of workers", 1, MAX_THREADS);
  const length = pictureLength(size);
  const batch = Math.max(1, Math.min(LARGEST_BATCH, Math.floor(LARGEST_BATCH_SIZE / length)));
  const graph = trace(config, batch);
  const opened: Promise<Forward>[] = [];
  const open = (options: { threads: number; ownThread: boolean }) => {
    const forward = openForward(graph, [graph.output.node], weights, options);
    opened.push(forward);
    return forward;
  };
  let together: Promise<Forward> | undefined;
  let apart: Promise<Forward>[] | undefined;
  /** What computes so many batches: all threads together each of them, or each thread some of them. */
  const forwardsFor = (batches: number): Promise<Forward[]> =>
    Promise.all(
      batches < BATCHES_FOR_THREADS || threads === 1
        ? [(together ??= open({ threads, ownThread: false }))]
        : (apart ??= Array.from({ length: threads }, () => open({ threads: 1, ownThread: true }))),
    );
  let drawer: Promise<DrawLevels> | undefined;
  let isClosed = false;

  async function* stream({ count, first, classes, signal, ...options }: StreamRequest) {
    const noiseAt = noiseOf(graph.noise, batch, options.seed);
    const begin = first - (first % batch);
    const batches = Math.ceil((first + count - begin) / batch);
    const forwards = await forwardsFor(batches);
    const drawLevels = await (drawer ??= openLevelDrawer(graph.output, size, levels));
    const run = async (index: number): Promise<{ values: Float32Array; start: number }> => {
      const start = begin + index * batch;
      const noise = scaled(graph.noise, noiseAt(0, start), options.temperature);
      const labels = classesInTurn(config.classes, { first: start, count: batch, wanted: classes });
      const [values] = await forwards[index % forwards.length]!.run(undefined, { labels, noise }).catch(
        (cause: unknown) => {
          throw isClosed ? closedError() : cause;
        },
      );
      return { values: values!, start };
    };
    for await (const { values, start } of inOrder(batches, forwards.length, run)) {
      if (isClosed) throw closedError();
      signal?.throwIfAborted();
      const all = drawLevels(values, { ...options, pictureOf: (i) => start + i });
      const [from, to] = [Math.max(start, first), Math.min(start + batch, first + count)];
      const pictures = all.subarray((from - start) * length, (to - start) * length);
      yield* eventsOf(pictures, from - first, to - from, size);
    }
  }

  return {
    size,
    levels,
    bytesFor: () => undefined,
    stream(options) {
      checkStream(options, config);
      fieldValues({ size }, options);
      const { count, seed = 0, temperature = 1, first = 0, given, classes, signal } = options;
      if (given)
        throw expected(
          "ARGUMENT",
          "a model that draws pixel by pixel",
          "given pixels",
          config.model,
          "model",
        );
      classesInTurn(config.classes, { first, count: 1, wanted: classes });
      return stream({ count, seed, temperature, first, classes, signal });
    },
    close() {
      isClosed = true;
      for (const forward of opened)
        forward.then(
          (forward) => forward.close(),
          () => undefined,
        );
    },
  };
}

interface DrawOptions {
  readonly seed: number;
  readonly temperature: number;
}

interface StreamRequest extends DrawOptions {
  readonly count: number;
  readonly first: number;
  readonly classes: readonly (string | number)[] | undefined;
  readonly signal: AbortSignal | undefined;
}

function checkSize(wanted: SamplerOptions["size"], { size: { rows, cols }, model }: NetworkConfig): void {
  if (!wanted || (wanted.rows === rows && wanted.cols === cols)) return;
  const what = `${cols}x${rows}, the size that ${model} was trained on,`;
  throw expected("ARGUMENT", what, "the size of the pictures", `${wanted.cols}x${wanted.rows}`, "size");
}

/** Noise at a temperature: it multiplies the standard deviation of what is normally distributed. */
function scaled(inputs: readonly NoiseInput[], noise: Noise, temperature: number): Noise {
  if (temperature === 1) return noise;
  return Object.fromEntries(
    inputs.map(({ node: { attributes }, distribution }) => {
      const values = noise[attributes.name]!;
      return [attributes.name, distribution === "normal" ? values.map((x) => x * temperature) : values];
    }),
  );
}

/** What happens when pictures first .. first+count-1, counted from the first one asked for, are drawn at once. */
function* eventsOf(
  pictures: Uint8Array,
  first: number,
  count: number,
  { channels, rows, cols }: PictureSize,
): Generator<SampleEvent> {
  for (let row = 0; row < rows; row++) {
    const levels = new Uint8Array(count * channels * cols);
    for (let map = 0; map < count * channels; map++) {
      const from = (map * rows + row) * cols;
      levels.set(pictures.subarray(from, from + cols), map * cols);
    }
    yield { kind: "row", first, count, row, levels };
  }
  yield { kind: "pictures", first, count, nats: undefined };
}

const closedError = () => new NextpixelError("INTERRUPTED", "the sampler was closed: open another to draw");

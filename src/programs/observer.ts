import { expected, numberFrom, wholeNumber } from "../basics/errors.ts";
import { classesInTurn } from "../data/classes.ts";
import type { PictureSize } from "../data/dataset.ts";
import type { Position } from "../graph/offsets.ts";
import { seenPixels } from "../graph/seen-pixels.ts";
import { isBeforeDraw } from "../lower/step/times.ts";
import { natsOfLevel } from "../likelihood/likelihood.ts";
import { openDrawer, type AttentionWeights, type Decision, type Drawer } from "../runtime/step/draw.ts";
import { otherTasks } from "../runtime/step/job.ts";
import { fieldValues } from "./field.ts";
import { checkGiven } from "./given-pixels.ts";
import { buildNetwork, type NetworkConfig } from "./network.ts";
import { MAX_PICTURES, TEMPERATURES, type StreamOptions, type TrainedNetwork } from "./sampler.ts";
import { samplerProgram } from "./step-program.ts";

/** Which picture is drawn: number `picture` of the seed, 0 if not given. What is given of it is read, not drawn. */
export interface ObserveOptions extends Pick<
  StreamOptions,
  "seed" | "temperature" | "given" | "classes" | "signal"
> {
  readonly picture?: number | undefined;
}

/** A row of one picture, and what the network predicted for each of its sub-pixels. */
export interface ObservedRow {
  readonly row: number;
  /** [channels, cols] */
  readonly levels: Uint8Array;
  /** -log p of each sub-pixel in nats, at temperature 1: [channels, cols]. */
  readonly nats: Float32Array;
  /** The probability of each level, at the temperature that it is drawn at: [channels, cols, levels]. */
  readonly probabilities: Float32Array;
}

/** Watches a network draw or read one picture, sub-pixel by sub-pixel. */
export interface Observer {
  readonly size: PictureSize;
  /** How many there are: levels are 0 .. levels-1. */
  readonly levels: number;
  /**
   * Yields each row as it is finished. The picture has the same bits as that of a `Sampler`. If all of it is given,
   * nothing is drawn, and the nats are its score, for which nothing is known in advance.
   *
   * @throws the signal's reason if it is aborted; ARGUMENT as `Sampler.stream`.
   */
  observe(options: ObserveOptions): AsyncGenerator<ObservedRow, void>;
  /**
   * The receptive field of a pixel: 1 for each pixel that its prediction can depend on, 0 for others, [rows, cols].
   *
   * @throws ARGUMENT if the picture has no such pixel
   */
  seen(at: Position): Uint8Array;
  /** The names of the network's attentions that `attention` tells about. */
  readonly attentions: readonly string[];
  /**
   * With which weights each attention has made the prediction of a pixel: the sampler's own, of the picture that
   * `observe` draws or reads with these options. Attentions that are computed for a whole row at once are left out.
   *
   * @throws as `observe`; ARGUMENT if the picture has no such pixel
   */
  attention(at: Position, options: ObserveOptions): Promise<AttentionWeights[]>;
}

/** Bound on the probabilities of a picture, which take four bytes each. */
const MAX_PROBABILITIES = 2 ** 26;

/** What models are that cannot be observed, and what draws with them. */
const UNOBSERVED = {
  coarse: "one that draws coarse to fine, as nextpixel sample does",
  picture: "one that reads other pictures, as nextpixel sample --condition does",
} as const;

/**
 * Checks that a model is one network that needs no other picture, and that its pictures are small enough to be
 * observed. @throws ARGUMENT
 */
export function checkObservable({ size, levels, field }: NetworkConfig): void {
  if (field && field.kind !== "known") {
    const wanted = "a model of one network that needs no other picture";
    throw expected("ARGUMENT", wanted, "the model to watch", UNOBSERVED[field.kind]);
  }
  const count = size.channels * size.rows * size.cols * levels;
  if (count <= MAX_PROBABILITIES) return;
  throw expected("ARGUMENT", `at most ${MAX_PROBABILITIES} probabilities`, "the levels of a picture", count);
}

/** Opens an observer. @throws ARGUMENT if the pictures are too large, SCHEDULE as `stepProgram`. */
export function openNetworkObserver({ config, weights }: TrainedNetwork): Observer {
  checkObservable(config);
  const { size, levels } = config;
  const { channels, rows, cols } = size;
  const network = buildNetwork(config, 1);
  const program = samplerProgram(network, weights);
  const { masses } = network.likelihood;
  const attentions = program.steps.instructions
    .filter((_, time) => isBeforeDraw(time, channels))
    .flatMap((list) => list.flatMap((one) => (one.kernel === "attend" ? [one.name] : [])));
  let drawer: Drawer | undefined;
  let seen: ReturnType<typeof seenPixels> | undefined;

  /** The rows of a picture; `note` is told of each sub-pixel, and of what draws it. */
  async function* rowsOf(
    { seed = 0, temperature = 1, picture = 0, given, classes: wanted, signal }: ObserveOptions,
    note: (decision: Decision, drawer: Drawer) => void,
  ): AsyncGenerator<Uint8Array, void> {
    wholeNumber(seed, "the seed", 0);
    wholeNumber(picture, "the number of the picture", 0, MAX_PICTURES - 1);
    numberFrom(temperature, "the temperature", TEMPERATURES.least, TEMPERATURES.largest);
    if (given) checkGiven(given, 1, size, levels);
    const classes = classesInTurn(config.classes, { first: picture, count: 1, wanted });
    // Each has memory of its own: another may be under way.
    const own = drawer ?? (await openDrawer(program, 1));
    drawer = undefined;
    const isScore = given !== undefined && !given.isGiven.includes(0);
    const field = fieldValues(config, { count: 1, given: isScore ? undefined : given });
    const request = { seed, temperature, rows, first: picture, given, field, classes };
    try {
      for (const finished of own.rows(request, (decision) => note(decision, own))) {
        yield finished;
        await otherTasks();
        signal?.throwIfAborted();
      }
    } finally {
      drawer = own;
    }
  }

  function checkPosition(at: Position): void {
    wholeNumber(at.row, "the row", 0, rows - 1);
    wholeNumber(at.col, "the column", 0, cols - 1);
  }

  return {
    size,
    levels,
    attentions,
    async *observe(options) {
      const inRow = () => ({
        nats: new Float32Array(channels * cols),
        probabilities: new Float32Array(channels * cols * levels),
      });
      let found = inRow();
      const { temperature = 1 } = options;
      const note = ({ channel, col, level, logits, earlier }: Decision) => {
        const at = channel * cols + col;
        const plain = masses(logits, 1, earlier);
        found.nats[at] = natsOfLevel(plain, level);
        const used = temperature === 1 ? plain : masses(logits, temperature, earlier);
        let total = 0;
        for (let k = 0; k < levels; k++) total += used[k]!;
        for (let k = 0; k < levels; k++) found.probabilities[at * levels + k] = used[k]! / total;
      };
      let row = 0;
      for await (const finished of rowsOf(options, note)) {
        yield { row: row++, levels: finished, ...found };
        found = inRow();
      }
    },
    seen(at) {
      checkPosition(at);
      seen ??= seenPixels(network.logits, network.picture);
      return seen(at);
    },
    async attention(at, options) {
      checkPosition(at);
      let found: AttentionWeights[] = [];
      const note = ({ row, col, channel }: Decision, own: Drawer) => {
        if (row === at.row && col === at.col && channel === channels - 1) found = own.attention(at, rows);
      };
      let row = 0;
      for await (const _ of rowsOf(options, note)) if (row++ === at.row) break;
      return found;
    },
  };
}

import { pixelUniform, seedKey } from "../../basics/philox.ts";
import type { LikelihoodName } from "../../likelihood/likelihood.ts";
import type { StepProgram } from "../../lower/step/program.ts";
import { rowEnd } from "../../lower/step/times.ts";
import type { Kernels } from "./kernels.ts";
import { addressAt, aligned } from "./layout.ts";
import { openStepMachine } from "./machine.ts";

/** All that drawing pictures takes. Plain data: it is sent to workers. */
export interface SamplerProgram {
  readonly steps: StepProgram;
  readonly likelihood: LikelihoodName;
  /** Groups of the logits; see `Likelihood.groups`. */
  readonly groups: number;
  /** Levels 0 .. levels-1 of a sub-pixel. */
  readonly levels: number;
}

/** Pixels that are not to be drawn. */
export interface GivenPixels {
  /** Levels [pictures, channels, rows, cols]. */
  readonly levels: Uint8Array;
  /** 1 where the pixel is given, 0 where it is drawn: [rows, cols]. */
  readonly isGiven: Uint8Array;
}

export interface DrawRequest {
  readonly seed: number;
  /** Below 1 likelier pictures, above 1 more varied ones; see `Likelihood.draw`. */
  readonly temperature: number;
  readonly rows: number;
  /** Number of the first picture: picture k of a seed is the same whatever it is drawn together with. */
  readonly first: number;
  readonly given?: GivenPixels | undefined;
  /** The number of each picture's class: needed if the program knows classes. */
  readonly classes?: Uint32Array | undefined;
}

/** Draws a fixed number of pictures together. */
export interface Drawer {
  readonly pictures: number;
  /** Bytes of the kernels' memory. */
  readonly bytes: number;
  /** Yields each row as it is finished: levels [pictures, channels, cols]. Returns the nats of the drawn sub-pixels. */
  rows(request: DrawRequest): Generator<Uint8Array, Float64Array>;
}

export async function openDrawer(program: SamplerProgram, pictures: number): Promise<Drawer> {
  const { steps, levels, groups } = program;
  const { cols, channels } = steps;
  const listBytes = aligned(8 * pictures);
  const scratchBytes = 2 * listBytes + aligned(4 * levels);
  const machine = await openStepMachine(steps, pictures, { scratchBytes });
  const { kernels, floats, doubles, picture, logits } = machine;
  const [uniforms, nats, exponentials] = [0, listBytes, 2 * listBytes].map((at) => machine.scratch + at) as [
    number,
    number,
    number,
  ];
  const drawLevels = DRAWS[program.likelihood];
  /** Of one group. */
  const logitsBytes = 4 * (steps.logits.channels / groups);
  const channelsOfGroup = channels / groups;

  function* rows({
    seed,
    temperature,
    rows,
    first,
    given,
    classes,
  }: DrawRequest): Generator<Uint8Array, Float64Array> {
    const key = seedKey(seed);
    machine.clear(classes);
    doubles.fill(0, nats / 8, nats / 8 + pictures);

    const draw = (row: number, col: number, channel: number) => {
      for (let m = 0; m < pictures; m++) {
        doubles[uniforms / 8 + m] = pixelUniform(key, first + m, row * cols + col, channel);
      }
      const own = addressAt(logits, row, col) + Math.floor(channel / channelsOfGroup) * logitsBytes;
      const to = addressAt(picture, row, col) + 4 * channel;
      drawLevels(kernels, [own, logits.stride, uniforms, temperature, to, picture.stride, nats, pictures], {
        levels,
        earlier: channel % channelsOfGroup,
        scratch: exponentials,
      });
    };

    /** Writes the given level of each picture to where draws go. */
    const give = (from: Uint8Array, row: number, col: number, channel: number) => {
      const to = addressAt(picture, row, col) / 4 + channel;
      for (let m = 0; m < pictures; m++) {
        const level = from[((m * channels + channel) * rows + row) * cols + col]!;
        floats[to + m * (picture.stride / 4)] = level;
      }
    };

    for (let row = 0; row < rows; row++) {
      const finished = new Uint8Array(pictures * channels * cols);
      machine.run(0, row, 0);
      for (let col = 0; col < cols; col++) {
        const isGiven = given !== undefined && given.isGiven[row * cols + col] !== 0;
        for (let channel = 0; channel < channels; channel++) {
          machine.run(1 + channel, row, col);
          if (isGiven) give(given.levels, row, col, channel);
          else draw(row, col, channel);
        }
        machine.run(1 + channels, row, col);
        const from = addressAt(picture, row, col) / 4;
        for (let m = 0; m < pictures; m++)
          for (let channel = 0; channel < channels; channel++) {
            finished[(m * channels + channel) * cols + col] =
              floats[from + m * (picture.stride / 4) + channel]!;
          }
      }
      machine.run(rowEnd(channels), row, 0);
      yield finished;
    }
    return doubles.slice(nats / 8, nats / 8 + pictures);
  }

  return { pictures, bytes: machine.bytes, rows };
}

/** What all kernels that draw take; see `src/kernels/draw.ts`. */
type DrawArguments = Parameters<Kernels["bernoulli"]>;

/** What else some of them take. */
interface DrawContext {
  readonly levels: number;
  /** Channels of the group that come before the one that is drawn. */
  readonly earlier: number;
  /** Address of room for a float for each level, and three more. */
  readonly scratch: number;
}

const DRAWS: Readonly<
  Record<LikelihoodName, (kernels: Kernels, draw: DrawArguments, context: DrawContext) => void>
> = {
  bernoulli: (kernels, draw) => kernels.bernoulli(...draw),
  categorical: (kernels, draw, { levels, scratch }) => kernels.categorical(...draw, levels, scratch),
  "logistic-mixture": (kernels, draw, { levels, earlier }) =>
    kernels.logisticMixture(...draw, levels, earlier),
};

import type { Position } from "../../graph/offsets.ts";
import type { StepProgram } from "../../lower/step/program.ts";
import { rowEnd } from "../../lower/step/times.ts";
import {
  decisionMemory,
  drawn,
  given,
  logitsReader,
  type Decide,
  type Distribution,
  type SubPixel,
} from "./decide.ts";
import { addressAt } from "./layout.ts";
import { bytesOfStepMachine, openStepMachine } from "./machine.ts";

/** All that drawing pictures takes. With a kernel that draws it is plain data, and can be sent to workers. */
export interface SamplerProgram extends Distribution {
  readonly steps: StepProgram;
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
  /** Below 1 likelier pictures, above 1 more varied ones; see `Masses`. */
  readonly temperature: number;
  readonly rows: number;
  /** Number of the first picture: picture k of a seed is the same whatever it is drawn together with. */
  readonly first: number;
  readonly given?: GivenPixels | undefined;
  /** The number of each picture's class: needed if the program knows classes. */
  readonly classes?: Uint32Array | undefined;
  /** The field that the program reads, [pictures, channels, rows, cols], if it reads one. */
  readonly field?: Uint8Array | undefined;
}

/** A sub-pixel of the first picture whose level has just been decided, and what its distribution was made of. */
export interface Decision extends SubPixel {
  readonly level: number;
  /** Of the sub-pixel's group. */
  readonly logits: Float32Array;
  /** Levels of the channels before it in that group. */
  readonly earlier: Float32Array;
}

/** With which weights an attention has made the prediction of a pixel. */
export interface AttentionWeights {
  /** What the network calls it. */
  readonly name: string;
  /** Of each pixel, [rows, cols]: 0 for those that it does not attend to; otherwise their sum is 1. */
  readonly weights: Float32Array;
}

/** Draws a fixed number of pictures together. */
export interface Drawer {
  readonly pictures: number;
  /** Bytes of the kernels' memory. */
  readonly bytes: number;
  /**
   * Yields each row as it is finished: levels [pictures, channels, cols]. Returns the nats of the drawn sub-pixels.
   * `observe` is told of each sub-pixel of the first picture, drawn or given.
   */
  rows(request: DrawRequest, observe?: (decision: Decision) => void): Generator<Uint8Array, Float64Array>;
  /**
   * The weights of the attentions that were computed for the last sub-pixel that `observe` was told of, and for those
   * of its pixel before it, of the last picture.
   */
  attention(at: Position, rows: number): AttentionWeights[];
}

/** Bytes of the memory that drawing so many pictures together takes. */
export const bytesOfDrawer = ({ steps, levels }: SamplerProgram, pictures: number): number =>
  bytesOfStepMachine(steps, pictures, decisionBytes(pictures, levels));

const decisionBytes = (pictures: number, levels: number): number => decisionMemory(0, pictures, levels).end;

/** Opens a drawer for so many pictures. */
export async function openDrawer(program: SamplerProgram, pictures: number): Promise<Drawer> {
  const { steps, levels } = program;
  const { cols, channels } = steps;
  const machine = await openStepMachine(steps, pictures, decisionBytes(pictures, levels));
  const memory = decisionMemory(machine.scratch, pictures, levels);
  const { floats, doubles, picture } = machine;
  const nats = doubles.subarray(memory.nats / 8, memory.nats / 8 + pictures);
  const read = logitsReader(program.groups, machine);

  function* rows(
    request: DrawRequest,
    observe?: (decision: Decision) => void,
  ): Generator<Uint8Array, Float64Array> {
    const { rows, given: fixed } = request;
    machine.begin(request);
    nats.fill(0);
    const draw = drawn(program, request, machine, memory);
    const give = fixed && given(fixed.levels, rows, machine);
    const decideAt = (row: number, col: number): Decide =>
      give && fixed.isGiven[row * cols + col] !== 0 ? give : draw;

    for (let row = 0; row < rows; row++) {
      const finished = new Uint8Array(pictures * channels * cols);
      machine.run(0, row, 0);
      for (let col = 0; col < cols; col++) {
        const decide = decideAt(row, col);
        for (let channel = 0; channel < channels; channel++) {
          machine.run(1 + channel, row, col);
          const at = { row, col, channel };
          decide(at);
          if (!observe) continue;
          const { level, ...distribution } = read(at, 0);
          observe({ ...at, ...distribution, level: floats[level]! });
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
    return nats.slice();
  }

  return {
    pictures,
    bytes: machine.bytes,
    rows,
    attention: ({ row, col }, height) =>
      machine.attentions.map(({ name, address, stride, cols: width, positions }) => {
        const weights = new Float32Array(height * cols);
        const found = floats.subarray(address / 4, address / 4 + positions(row, col));
        const total = found.reduce((sum, one) => sum + one, 0);
        found.forEach((one, j) => {
          weights[Math.floor(j / width) * stride[0] * cols + (j % width) * stride[1]] = one / total;
        });
        return { name, weights };
      }),
  };
}

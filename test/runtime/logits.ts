import { expect } from "vitest";
import { philox4x32, uniform } from "../../src/basics/philox.ts";
import type { StepProgram } from "../../src/lower/step/program.ts";
import { rowEnd } from "../../src/lower/step/times.ts";
import { initialValues } from "../../src/nn/initialisers.ts";
import type { Declaration } from "../../src/nn/scope.ts";
import { addressAt } from "../../src/runtime/step/layout.ts";
import { openStepMachine, type StepMachine } from "../../src/runtime/step/machine.ts";

/** What a program reads beside the picture. */
type Beside = Pick<Parameters<StepMachine["begin"]>[0], "classes" | "field">;

// Logits of pictures that are there already, [pictures, logits, rows, cols], computed in the two ways that there are.

/** Row by row, from a program lowered for known pictures. */
export async function logitsRowByRow(
  program: StepProgram,
  levels: Uint8Array,
  rows: number,
  pictures: number,
  beside: Beside = {},
): Promise<Float32Array> {
  const machine = await openStepMachine(program, pictures);
  const { floats } = machine;
  const { cols, channels } = program;
  const outputs = program.logits.channels;
  const logits = new Float32Array(pictures * outputs * rows * cols);
  machine.begin({ rows, ...beside });
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++)
      for (let picture = 0; picture < pictures; picture++) {
        const to = addressAt(machine.picture, row, col) / 4 + picture * (machine.picture.stride / 4);
        for (let channel = 0; channel < channels; channel++) {
          floats[to + channel] = levels[((picture * channels + channel) * rows + row) * cols + col]!;
        }
      }
    machine.run(0, row, 0);
    for (let col = 0; col < cols; col++)
      for (let picture = 0; picture < pictures; picture++) {
        const from = addressAt(machine.logits, row, col) / 4 + picture * (machine.logits.stride / 4);
        for (let output = 0; output < outputs; output++) {
          logits[((picture * outputs + output) * rows + row) * cols + col] = floats[from + output]!;
        }
      }
  }
  return logits;
}

/**
 * Pixel by pixel, as they are drawn: the logits of a group of colours are taken before its first level is written, and
 * what is to come is not there yet. From a program lowered for unknown pictures.
 */
export async function logitsPixelByPixel(
  program: StepProgram,
  levels: Uint8Array,
  rows: number,
  pictures: number,
  beside: Beside = {},
  groups = program.channels,
): Promise<Float32Array> {
  const machine = await openStepMachine(program, pictures);
  const { cols, channels } = program;
  const outputs = program.logits.channels;
  const perGroup = outputs / groups;
  const logits = new Float32Array(pictures * outputs * rows * cols);
  machine.begin({ rows, ...beside });
  for (let row = 0; row < rows; row++) {
    machine.run(0, row, 0);
    for (let col = 0; col < cols; col++) {
      for (let channel = 0; channel < channels; channel++) {
        machine.run(1 + channel, row, col);
        const group = (channel * groups) / channels;
        const from = addressAt(machine.logits, row, col) / 4 + group * perGroup;
        const to = addressAt(machine.picture, row, col) / 4 + channel;
        for (let m = 0; m < pictures; m++) {
          for (let k = 0; Number.isInteger(group) && k < perGroup; k++) {
            const map = (m * groups + group) * perGroup + k;
            logits[(map * rows + row) * cols + col] =
              machine.floats[from + k + m * (machine.logits.stride / 4)]!;
          }
          machine.floats[to + m * (machine.picture.stride / 4)] =
            levels[((m * channels + channel) * rows + row) * cols + col]!;
        }
      }
      machine.run(1 + channels, row, col);
    }
    machine.run(rowEnd(channels), row, 0);
  }
  return logits;
}

export const randomLevels = (count: number, levels: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) =>
    Math.floor(levels * uniform(philox4x32([i, 0, 0, 0], [seed, 3])[0])),
  );

/** Larger than the first weights of a training, so that predictions are far from uniform; biases too are random. */
export const randomWeights = (
  declarations: readonly Declaration[],
  seed: number,
  scale = 1.5,
): Float32Array =>
  Float32Array.from(
    declarations.flatMap((declaration) => {
      const { bound, centre = 0 } = declaration.initialiser;
      const initialiser = { bound: scale * (bound || 0.3), centre: scale * centre };
      return [...initialValues({ ...declaration, initialiser }, seed)];
    }),
  );

/** The same numbers to the last bit, the sign of 0 included. */
export function expectSameBits(received: Float32Array, wanted: Float32Array): void {
  const bits = ({ buffer, byteOffset, length }: Float32Array) => new Uint32Array(buffer, byteOffset, length);
  expect(received.length).toBe(wanted.length);
  const differing = bits(received).findIndex((value, i) => value !== bits(wanted)[i]);
  // An array of its own for the message: which, what, and what instead.
  expect(differing < 0 ? [] : [differing, received[differing], wanted[differing]]).toEqual([]);
}

/** Within so much, relative to numbers above 1. */
export function expectClose(received: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(received.length).toBe(wanted.length);
  const isFar = (value: number, i: number) =>
    !(Math.abs(received[i]! - value) <= tolerance * Math.max(1, Math.abs(value)));
  const far = Array.from(wanted).findIndex(isFar);
  expect(far < 0 ? [] : [far, received[far], wanted[far]]).toEqual([]);
}

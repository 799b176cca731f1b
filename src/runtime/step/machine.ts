import { commonMultiple, isOn, type Stride } from "../../graph/lattice.ts";
import type { Instruction, StepProgram } from "../../lower/step/program.ts";
import { isBeforeDraw, isOfRow, ROW } from "../../lower/step/times.ts";
import { bind } from "./bind.ts";
import type { Binding, BoundAttention, Call, Preload } from "./binding.ts";
import { openKernels, wholePages, type Kernels } from "./kernels.ts";
import { layOutFields, placeOf, Reservations, type FieldLayout, type Place } from "./layout.ts";
import { checkField, rowsAhead, type BegunPictures } from "./rows-ahead.ts";

/** A program loaded into an instance of the kernels, for a number of pictures that are computed together. */
export interface StepMachine {
  readonly program: StepProgram;
  readonly pictures: number;
  readonly kernels: Kernels;
  /** Bytes of memory, which stay the same whatever the picture's height. */
  readonly bytes: number;
  /** The whole memory as numbers. */
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  /** Where the picture's levels and the logits are: see `addressAt`. */
  readonly picture: Place;
  readonly logits: Place;
  /** Those that are computed for a pixel before its colours are drawn. */
  readonly attentions: readonly BoundAttention[];
  /** Where there is room for `scratchBytes`. */
  readonly scratch: number;
  /** Forgets all pixels, and computes what is ahead of the first row of new pictures. */
  begin(pictures: BegunPictures): void;
  /** Runs the instructions of a time (see `StepProgram`) at a pixel; those of its
   * start and end for a whole row, at column 0. */
  run(time: number, row: number, col: number): void;
}

/** What is called at the positions of a picture, whose rows and columns go round in a period. */
interface PhasedCalls {
  readonly period: Stride;
  readonly lists: readonly (readonly Call[])[];
}

function byPhase(
  list: readonly Instruction[],
  isRow: boolean,
  leadOf: (instruction: Instruction) => number,
  bound: (instruction: Instruction) => Call,
): PhasedCalls {
  const common = (axis: 0 | 1) => list.reduce((period, { at }) => commonMultiple(period, at.stride[axis]), 1);
  const period: Stride = [common(0), isRow ? 1 : common(1)];
  const calls = list.map(bound);
  const lists = Array.from({ length: period[0] * period[1] }, (_, phase) => {
    const [row, col] = [Math.floor(phase / period[1]), phase % period[1]];
    return calls.filter((_, i) => {
      const { at } = list[i]!;
      return isOn(at, row + leadOf(list[i]!), isRow ? at.phase[1] : col);
    });
  });
  return { period, lists };
}

/** A call for the row that is so many rows below the one that is drawn, if the picture has it. */
const ahead =
  (call: Call, lead: number, machine: Binding["machine"]): Call =>
  (row, col) => {
    if (row + lead >= 0 && row + lead < machine.begun.rows) call(row + lead, col);
  };

/** A program's calls and where all of it is to be, before there is any memory. */
function plan(program: StepProgram, pictures: number, scratchBytes: number) {
  const reservations = new Reservations();
  const scratch = reservations.reserve(scratchBytes);
  const fieldsStart = reservations.end;
  const layouts: FieldLayout[] = layOutFields(program, pictures, reservations);
  const fieldsEnd = reservations.end;
  const preloads: Preload[] = [];
  const attentions: BoundAttention[] = [];
  const machine = {} as Binding["machine"];
  const mostAhead = Math.max(...layouts.map(({ lead }) => lead));
  // What goes from column to column depends on the picture.
  const leadOf = (one: Instruction) => (one.kernel === "sweep" ? 0 : layouts[one.out.field]!.lead);
  const binding = { pictures, cols: program.cols, layouts, reservations, preloads, machine };
  const calls: PhasedCalls[] = program.instructions.map((list, time) => {
    const isRow = isOfRow(time, program.channels);
    // Later ones belong to the pixels that follow.
    const noted = isBeforeDraw(time, program.channels) ? attentions : [];
    return byPhase(list, isRow, leadOf, (instruction) => {
      const call = bind(instruction, { ...binding, isRow, attentions: noted });
      return time === ROW && mostAhead > 0 ? ahead(call, leadOf(instruction), machine) : call;
    });
  });
  const end = reservations.end;
  return { scratch, fieldsStart, fieldsEnd, layouts, preloads, attentions, machine, mostAhead, calls, end };
}

/** Bytes of memory that a program takes for so many pictures: fields, weights, tables, and `scratchBytes`. */
export const bytesOfStepMachine = (program: StepProgram, pictures: number, scratchBytes = 0): number =>
  wholePages(plan(program, pictures, scratchBytes).end);

/** Loads a program. Weights are copied. */
export async function openStepMachine(
  program: StepProgram,
  pictures: number,
  scratchBytes = 0,
): Promise<StepMachine> {
  const planned = plan(program, pictures, scratchBytes);
  const { scratch, fieldsStart, fieldsEnd, layouts, preloads, attentions, machine, mostAhead, calls } =
    planned;
  const { kernels, memory } = await openKernels(planned.end);
  const [bytes, words] = [new Uint8Array(memory.buffer), new Uint32Array(memory.buffer)];
  for (const { address, values } of preloads) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), address);
  }
  const floats = new Float32Array(memory.buffer);
  Object.assign(machine, { kernels, words });
  const prepare = rowsAhead(program, layouts, floats, pictures);
  const run = (time: number, row: number, col: number) => {
    if (time === ROW) prepare(row, machine.begun);
    const { period, lists } = calls[time]!;
    // Rows ahead of the first have negative numbers.
    const phase = ((row % period[0]) + period[0]) % period[0];
    for (const call of lists[phase * period[1] + (col % period[1])]!) call(row, col);
  };
  const place = (segment: StepProgram["picture"]) => placeOf({ ...segment, rows: 0, cols: 0 }, layouts);
  return {
    program,
    pictures,
    kernels,
    bytes: memory.buffer.byteLength,
    floats,
    doubles: new Float64Array(memory.buffer),
    picture: place(program.picture),
    logits: place(program.logits),
    attentions,
    scratch,
    begin(begun) {
      checkField(program, pictures, begun);
      bytes.fill(0, fieldsStart, fieldsEnd);
      machine.begun = begun;
      for (let row = -mostAhead; row < 0; row++) run(ROW, row, 0);
    },
    run,
  };
}

import * as codes from "../../kernels/operations.ts";
import type { Instruction, Operand, PointwiseOperation, Segment } from "../../lower/step/program.ts";
import type { Kernels } from "./kernels.ts";
import { addressAt, placeOf, type FieldLayout, type Place, type Reservations } from "./layout.ts";

/** An instruction at a pixel or, if it was bound for rows, in a row from column `col`, 0, on. */
export type Call = (row: number, col: number) => void;

/** Numbers that are written once, before the first call. */
export interface Preload {
  readonly address: number;
  readonly values: Float32Array | Uint32Array;
}

/** What instructions are bound to. */
export interface Binding {
  readonly pictures: number;
  /** Whether instructions are for a whole row. */
  readonly isRow: boolean;
  readonly layouts: readonly FieldLayout[];
  readonly reservations: Reservations;
  readonly preloads: Preload[];
  /** There from the first call on. */
  readonly machine: { kernels: Kernels; words: Uint32Array };
}

/** Turns an instruction into calls of its kernel with all addresses worked out. */
export function bind(instruction: Instruction, binding: Binding): Call {
  switch (instruction.kernel) {
    case "convolution":
      return bindConvolution(instruction, binding);
    case "pointwise":
      return bindPointwise(instruction, binding);
    case "winogradInput":
      return bindWinogradInput(instruction, binding);
    case "winogradOutput":
      return bindWinogradOutput(instruction, binding);
    case "gate":
      return bindGate(instruction, binding);
    case "sum":
    case "largest":
      return bindReduction(instruction, binding);
    case "position":
      return bindPosition(instruction, binding);
  }
}

type Of<K extends Instruction["kernel"]> = Extract<Instruction, { kernel: K }>;

const at = (segment: Segment, { layouts }: Binding): Place =>
  placeOf({ ...segment, rows: 0, cols: 0 }, layouts);

/** Pixels times pictures that an instruction computes. */
const cellsOf = ({ out }: Instruction, { pictures, isRow, layouts }: Binding): number =>
  pictures * (isRow ? layouts[out.field]!.cols : 1);

function preload(values: Float32Array | Uint32Array, { reservations, preloads }: Binding): number {
  const address = reservations.reserve(values.byteLength);
  preloads.push({ address, values });
  return address;
}

/** Outputs that the convolution's kernel computes together. */
const BLOCK = 16;
const TAP_WORDS = 3;

function bindConvolution(instruction: Of<"convolution">, binding: Binding): Call {
  const { machine, layouts } = binding;
  const { relu, taps } = instruction;
  const cells = cellsOf(instruction, binding);
  const { channels } = instruction.out;
  const [out, add] = [at(instruction.out, binding), instruction.add && at(instruction.add, binding)];
  const places = taps.map((tap) => placeOf(tap, layouts));
  const depth = taps.reduce((total, tap) => total + tap.channels, 0);
  const table = preload(
    Uint32Array.from(taps.flatMap((tap, i) => [0, places[i]!.stride, tap.channels])),
    binding,
  );
  const weights = preload(inBlocks(instruction.weights, depth, channels), binding);
  const bias = preload(inBlocks(instruction.bias, 1, channels), binding);
  return (row, col) => {
    const { kernels, words } = machine;
    for (let tap = 0; tap < places.length; tap++) {
      words[table / 4 + tap * TAP_WORDS] = addressAt(places[tap]!, row, col);
    }
    kernels.convolution(
      table,
      places.length,
      depth,
      weights,
      bias,
      add ? addressAt(add, row, col) : 0,
      add ? add.stride : 0,
      addressAt(out, row, col),
      out.stride,
      cells,
      channels,
      relu ? 1 : 0,
    );
  };
}

/** [depth][outputs] as [blocks][depth][16], the last block filled up with zeros. */
function inBlocks(values: Float32Array, depth: number, outputs: number): Float32Array {
  const blocks = Math.ceil(outputs / BLOCK);
  const found = new Float32Array(blocks * depth * BLOCK);
  for (let k = 0; k < depth; k++)
    for (let output = 0; output < outputs; output++) {
      const block = Math.floor(output / BLOCK);
      found[(block * depth + k) * BLOCK + (output % BLOCK)] = values[k * outputs + output]!;
    }
  return found;
}

const CODES: Readonly<Record<PointwiseOperation, number>> = {
  copy: codes.COPY,
  neg: codes.NEG,
  exp: codes.EXP,
  log: codes.LOG,
  sqrt: codes.SQRT,
  abs: codes.ABS,
  tanh: codes.TANH,
  sigmoid: codes.SIGMOID,
  relu: codes.RELU,
  add: codes.ADD,
  sub: codes.SUB,
  mul: codes.MUL,
  div: codes.DIV,
  minimum: codes.MINIMUM,
  maximum: codes.MAXIMUM,
  equal: codes.EQUAL,
  greater: codes.GREATER,
  where: codes.WHERE,
};

function bindPointwise(instruction: Of<"pointwise">, binding: Binding): Call {
  const { machine, layouts } = binding;
  const { channels } = instruction.out;
  const cells = cellsOf(instruction, binding);
  const code = CODES[instruction.operation];
  const out = at(instruction.out, binding);
  const bound = instruction.operands.map((operand: Operand) => {
    const isTap = "field" in operand;
    const place = isTap ? placeOf(operand, layouts) : valuesPlace(preload(operand.values, binding));
    const own = isTap ? operand.channels : operand.values.length;
    return { place, isOne: own === 1 && channels > 1 ? 1 : 0 };
  });
  // The kernel takes three operands; what an operation does not read may be anything.
  const [a, b = a, c = a] = bound as [(typeof bound)[0], (typeof bound)[0]?, (typeof bound)[0]?];
  return (row, col) => {
    machine.kernels.pointwise(
      code,
      addressAt(a.place, row, col),
      a.place.stride,
      a.isOne,
      addressAt(b.place, row, col),
      b.place.stride,
      b.isOne,
      addressAt(c.place, row, col),
      c.place.stride,
      c.isOne,
      addressAt(out, row, col),
      out.stride,
      cells,
      channels,
    );
  };
}

/** The same values at every pixel and for every picture. */
const valuesPlace = (base: number): Place => ({
  base,
  rows: 0,
  depth: 1,
  rowBytes: 0,
  colBytes: 0,
  stride: 0,
});

function bindGate(instruction: Of<"gate">, binding: Binding): Call {
  const { machine } = binding;
  const { channels } = instruction.out;
  const cells = cellsOf(instruction, binding);
  const out = at(instruction.out, binding);
  const [a, b] = [at(instruction.a, binding), at(instruction.b, binding)];
  return (row, col) => {
    machine.kernels.gate(
      addressAt(a, row, col),
      a.stride,
      addressAt(b, row, col),
      b.stride,
      addressAt(out, row, col),
      out.stride,
      cells,
      channels,
    );
  };
}

function bindReduction(instruction: Of<"sum" | "largest">, binding: Binding): Call {
  const { machine } = binding;
  const { kernel } = instruction;
  const cells = cellsOf(instruction, binding);
  const { channels } = instruction.x;
  const [x, out] = [at(instruction.x, binding), at(instruction.out, binding)];
  return (row, col) => {
    machine.kernels[kernel](
      addressAt(x, row, col),
      x.stride,
      addressAt(out, row, col),
      out.stride,
      cells,
      channels,
    );
  };
}

function bindPosition(instruction: Of<"position">, binding: Binding): Call {
  const { machine, pictures, layouts } = binding;
  const { channels, field } = instruction.out;
  const out = at(instruction.out, binding);
  const values = preload(instruction.values, binding);
  const { cols } = layouts[field]!;
  return (row) => {
    for (let col = 0; col < cols; col++) {
      const from = values + 4 * channels * (row * cols + col);
      const to = addressAt(out, row, col);
      const nothing = [from, 0, 0, from, 0, 0] as const;
      machine.kernels.pointwise(codes.COPY, from, 0, 0, ...nothing, to, out.stride, pictures, channels);
    }
  };
}

function bindWinogradInput(instruction: Of<"winogradInput">, binding: Binding): Call {
  const { machine, pictures, layouts } = binding;
  const { channels, field } = instruction.out;
  const [x, out] = [placeOf(instruction.x, layouts), at(instruction.out, binding)];
  const partBytes = layouts[field + 1]!.address - layouts[field]!.address;
  const tiles = layouts[field]!.cols;
  return (row) => {
    machine.kernels.winogradInput(
      addressAt(x, row, 0),
      x.stride,
      x.colBytes,
      addressAt(out, row, 0),
      out.stride,
      partBytes,
      tiles,
      pictures,
      channels,
    );
  };
}

function bindWinogradOutput(instruction: Of<"winogradOutput">, binding: Binding): Call {
  const { machine, pictures, layouts } = binding;
  const { relu } = instruction;
  const { channels, field } = instruction.out;
  const [products, out] = [at(instruction.products, binding), at(instruction.out, binding)];
  const add = instruction.add && at(instruction.add, binding);
  const first = instruction.products.field;
  const partBytes = layouts[first + 1]!.address - layouts[first]!.address;
  const { cols } = layouts[field]!;
  return (row) => {
    machine.kernels.winogradOutput(
      addressAt(products, row, 0),
      products.stride,
      partBytes,
      add ? addressAt(add, row, 0) : 0,
      add ? add.stride : 0,
      add ? add.colBytes : 0,
      addressAt(out, row, 0),
      out.stride,
      out.colBytes,
      cols,
      pictures,
      channels,
      relu ? 1 : 0,
    );
  };
}

import * as codes from "../../kernels/operations.ts";
import { isSameStride } from "../../graph/lattice.ts";
import type {
  Instruction,
  KernelCall,
  Operand,
  PointwiseOperation,
  Sweep,
} from "../../lower/step/program.ts";
import { bindAttend, bindRemember } from "./bind-attention.ts";
import { bindConvolution, bindWinogradInput, bindWinogradOutput } from "./bind-convolution.ts";
import { at, cellsOf, preload, type Binding, type Call, type Of } from "./binding.ts";
import { addressAt, placeOf, placeOfAllPixels } from "./layout.ts";

/** Turns an instruction into calls of its kernel with all addresses worked out. */
export function bind(instruction: Instruction, binding: Binding): Call {
  if (instruction.kernel === "sweep") return bindSweep(instruction, binding);
  if (!binding.isRow || isContiguous(instruction, binding)) return bindCall(instruction, binding);
  const call = bindCall(instruction, { ...binding, isRow: false });
  const columns = columnsOf(instruction, binding);
  return (row) => {
    for (const col of columns) call(row, col);
  };
}

/** Whether one call may compute a whole row: it leaves no column out, and reads columns one next to the other. */
function isContiguous(call: KernelCall, { layouts }: Binding): boolean {
  const { stride } = layouts[call.out.field]!;
  const taps = call.kernel === "convolution" ? call.taps : [];
  return [call.at, ...taps.map(({ field }) => layouts[field]!)].every((one) =>
    isSameStride(one.stride, stride),
  );
}

/** The picture's columns at which an instruction is computed. */
function columnsOf({ at: { stride, phase } }: Instruction, { cols }: Binding): number[] {
  return Array.from({ length: cols / stride[1] }, (_, i) => phase[1] + i * stride[1]);
}

function bindCall(instruction: KernelCall, binding: Binding): Call {
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
    case "remember":
      return bindRemember(instruction, binding);
    case "attend":
      return bindAttend(instruction, binding);
    case "position":
      return bindPosition(instruction, binding);
    case "class":
      return bindClass(instruction, binding);
  }
}

function bindSweep(sweep: Sweep, binding: Binding): Call {
  const { from, calls } = sweep;
  const list = calls.map((call) => bind(call, { ...binding, isRow: false }));
  const columns = columnsOf(sweep, binding);
  if (from === "right") columns.reverse();
  return (row) => {
    for (const col of columns) for (const call of list) call(row, col);
  };
}

/** Of the operations of the kernel `pointwise`: an operation of the program that has none does not compile. */
const CODES: Readonly<Record<Uppercase<PointwiseOperation>, number>> = codes;
const codeOf = (operation: PointwiseOperation): number =>
  CODES[operation.toUpperCase() as Uppercase<PointwiseOperation>];

function bindPointwise(instruction: Of<"pointwise">, binding: Binding): Call {
  const { machine, layouts } = binding;
  const { channels } = instruction.out;
  const cells = cellsOf(instruction, binding);
  const code = codeOf(instruction.operation);
  const out = at(instruction.out, binding);
  const bound = instruction.operands.map((operand: Operand) => {
    const isTap = "field" in operand;
    const place = isTap ? placeOf(operand, layouts) : placeOfAllPixels(preload(operand.values, binding), 0);
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
  const { cols, depth, stride } = layouts[field]!;
  const lastRow = instruction.rows - 1;
  const colBytes = instruction.cols === 1 ? 0 : 4 * channels;
  return (row) => {
    const own = row / stride[0];
    // From here on the whole ring holds the last row.
    if (own >= lastRow + depth) return;
    const start = values + 4 * channels * instruction.cols * Math.min(own, lastRow);
    for (let col = 0; col < cols; col++) {
      const from = start + colBytes * col;
      const to = addressAt(out, row, col * stride[1]);
      const nothing = [from, 0, 0, from, 0, 0] as const;
      machine.kernels.pointwise(codes.COPY, from, 0, 0, ...nothing, to, out.stride, pictures, channels);
    }
  };
}

/** Writes a picture's row in one call: the same values for all columns. */
function bindClass(instruction: Of<"class">, binding: Binding): Call {
  const { machine, pictures, layouts } = binding;
  const { channels, field } = instruction.out;
  const out = at(instruction.out, binding);
  const values = preload(instruction.values, binding);
  const { cols } = layouts[field]!;
  return (row) => {
    const { kernels, begun } = machine;
    for (let picture = 0; picture < pictures; picture++) {
      const from = values + 4 * channels * begun.classes![picture]!;
      const to = addressAt(out, row, 0) + picture * out.stride;
      kernels.pointwise(codes.COPY, from, 0, 0, from, 0, 0, from, 0, 0, to, out.colBytes, cols, channels);
    }
  };
}

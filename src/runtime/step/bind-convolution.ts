import { at, cellsOf, preload, type Binding, type Call, type Of } from "./binding.ts";
import { addressAt, placeOf } from "./layout.ts";

/** Outputs that the convolution's kernel computes together. */
const BLOCK = 16;
const TAP_WORDS = 3;

/** One call computes all outputs; the table of taps gets its addresses first. */
export function bindConvolution(instruction: Of<"convolution">, binding: Binding): Call {
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

export function bindWinogradInput(instruction: Of<"winogradInput">, binding: Binding): Call {
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

export function bindWinogradOutput(instruction: Of<"winogradOutput">, binding: Binding): Call {
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

import * as codes from "../../kernels/operations.ts";
import { at, type Binding, type Call, type Of } from "./binding.ts";
import { addressAt, type FieldLayout, type Place } from "./layout.ts";

/** Scores that are computed together. */
const VECTOR = 4;

/** `call` for a pixel, or for each pixel of a row. */
const atEachPixel = ({ isRow }: Binding, { cols, stride }: FieldLayout, call: Call): Call =>
  isRow
    ? (row) => {
        for (let col = 0; col < cols; col++) call(row, col * stride[1]);
      }
    : call;

export function bindRemember(instruction: Of<"remember">, binding: Binding): Call {
  const { machine, pictures, layouts } = binding;
  const { channels, field } = instruction.out;
  const [x, out] = [at(instruction.x, binding), at(instruction.out, binding)];
  return atEachPixel(binding, layouts[field]!, (row, col) => {
    const from = addressAt(x, row, col);
    const unused = [from, 0, 0] as const;
    const to = addressAt(out, row, col);
    machine.kernels.pointwise(
      codes.COPY,
      from,
      x.stride,
      0,
      ...unused,
      ...unused,
      to,
      out.stride,
      pictures,
      channels,
    );
  });
}

export function bindAttend(instruction: Of<"attend">, binding: Binding): Call {
  const { machine, pictures, layouts, reservations } = binding;
  const { attended, q: query, out: result } = instruction;
  const [q, keys, values, out] = [query, instruction.keys, instruction.values, result].map((segment) =>
    at(segment, binding),
  ) as [Place, Place, Place, Place];
  const field = layouts[instruction.keys.field]!;
  const { cols, depth: rows, stride } = field;
  const scratch = reservations.reserve(4 * (rows * cols + VECTOR));
  const own = attended === "upTo" ? 1 : 0;
  const positions = (row: number, col: number) =>
    Math.floor(row / stride[0]) * cols + Math.floor(col / stride[1]) + own;
  binding.attentions.push({ name: instruction.name, address: scratch, stride, cols, positions });
  return atEachPixel(binding, field, (row, col) => {
    machine.kernels.attend(
      addressAt(q, row, col),
      q.stride,
      keys.base,
      keys.stride,
      query.channels,
      values.base,
      values.stride,
      values.colBytes,
      addressAt(out, row, col),
      out.stride,
      result.channels,
      positions(row, col),
      pictures,
      scratch,
    );
  });
}

import type { Shape } from "../../graph/primitives.ts";
import { ProtobufWriter } from "../../basics/protobuf.ts";
import { POINTWISE_OPERATORS } from "./pointwise-operators.ts";

/**
 * The ONNX operators in use, each with its attributes. The kinds matter: if a float is written where an integer is
 * expected, the runtime fails late and with an unclear error.
 */
const OPERATORS = {
  ...withoutAttributes(Object.values(POINTWISE_OPERATORS)),
  Cast: { to: "int" },
  Concat: { axis: "int" },
  Conv: { pads: "ints", strides: "ints", dilations: "ints" },
  ConvTranspose: { pads: "ints", strides: "ints", dilations: "ints", output_padding: "ints" },
  Expand: {},
  Gather: { axis: "int" },
  Gemm: { transA: "int", transB: "int" },
  HardSigmoid: { alpha: "float", beta: "float" },
  Identity: {},
  MatMul: {},
  Pad: {},
  ReduceMax: { keepdims: "int" },
  ReduceSum: { keepdims: "int" },
  Reshape: {},
  Slice: {},
  Softmax: { axis: "int" },
  Transpose: { perm: "ints" },
  Where: {},
  "nchwc.AveragePool": { kernel_shape: "ints", strides: "ints" },
  "nchwc.Conv": { pads: "ints", strides: "ints", dilations: "ints", activation: "text" },
  "nchwc.ReorderInput": { channels_last: "int" },
  "nchwc.ReorderOutput": { channels: "int", channels_last: "int" },
  "nchwc.Upsample": { scales: "ints" },
} as const satisfies Record<string, Record<string, AttributeKind>>;

function withoutAttributes<O extends string>(operators: readonly O[]): Record<O, Record<never, never>> {
  return Object.fromEntries(operators.map((operator) => [operator, {}])) as Record<O, Record<never, never>>;
}

/** Kinds of attributes, with the numbers that ONNX gives them. */
const ATTRIBUTE_TYPES = { float: 1, int: 2, text: 3, ints: 7 } as const;
type AttributeKind = keyof typeof ATTRIBUTE_TYPES;

type Operators = typeof OPERATORS;
export type Operator = keyof Operators;
type Value<Kind> = Kind extends "ints" ? readonly number[] : Kind extends "text" ? string : number;
type Attributes<Kinds> = { readonly [Key in keyof Kinds]: Value<Kinds[Key]> };
/** Text attributes may be left out. */
export type OperatorAttributes<O extends Operator> = Omit<Attributes<Operators[O]>, "activation"> &
  Partial<Pick<Attributes<Operators[O]>, "activation" & keyof Operators[O]>>;

export const FLOAT = 1;
const INT64 = 7;
export const BOOL = 9;

const IR_VERSION = 10;
const OPSET = 20;
/** ONNX Runtime's own operators for fields in blocks of channels. */
const NCHWC = "nchwc.";
const NCHWC_DOMAIN = "com.microsoft.nchwc";

/** Collects the nodes of one ONNX model and writes it. Values are named by strings. */
export class OnnxModelWriter {
  readonly #graph = new ProtobufWriter();
  readonly #floats = new Map<ArrayLike<number>, string>();
  readonly #integers = new Map<string, string>();
  #values = 0;

  constructor(name: string) {
    this.#graph.text(2, name);
  }

  input(name: string, shape: Shape): void {
    this.#graph.message(11, (info) => valueInfo(info, name, shape));
  }

  output(name: string, shape: Shape): void {
    this.#graph.message(12, (info) => valueInfo(info, name, shape));
  }

  /** A constant of float32 numbers. The same array (such as a mask, in all passes) is stored once. */
  floats(data: ArrayLike<number>, shape: Shape): string {
    const known = this.#floats.get(data);
    if (known !== undefined) return known;
    const name = this.#initializer(FLOAT, shape, new Uint8Array(Float32Array.from(data).buffer));
    this.#floats.set(data, name);
    return name;
  }

  /** A constant list of int64 numbers (axes, sizes, ..). Equal lists are stored once. */
  integers(list: readonly number[]): string {
    const key = list.join(" ");
    const known = this.#integers.get(key);
    if (known !== undefined) return known;
    const data = BigInt64Array.from(list, BigInt);
    const name = this.#initializer(INT64, [list.length], new Uint8Array(data.buffer));
    this.#integers.set(key, name);
    return name;
  }

  /** An operator applied to values: the name of its result, a fresh one unless given. */
  node<O extends Operator>(
    operator: O,
    inputs: readonly string[],
    attributes: OperatorAttributes<O>,
    output = this.#fresh(),
  ): string {
    const kinds: Record<string, AttributeKind> = OPERATORS[operator];
    this.#graph.message(1, (node) => {
      for (const name of inputs) node.text(1, name);
      node.text(2, output).text(4, operator.replace(NCHWC, ""));
      if (operator.startsWith(NCHWC)) node.text(7, NCHWC_DOMAIN);
      for (const [key, value] of Object.entries<number | string | readonly number[]>(attributes)) {
        node.message(5, (attribute) => {
          attribute.text(1, key).varint(20, ATTRIBUTE_TYPES[kinds[key]!]);
          if (typeof value === "string") attribute.text(4, value);
          else if (typeof value !== "number") for (const item of value) attribute.varint(8, item);
          else if (kinds[key] === "float") attribute.float(2, value);
          else attribute.varint(3, value);
        });
      }
    });
    return output;
  }

  /** Indices start .. end-1 of one axis. */
  slice(value: string, axis: number, start: number, end: number): string {
    return this.node("Slice", [value, ...[[start], [end], [axis]].map((list) => this.integers(list))], {});
  }

  finish(): Uint8Array {
    return new ProtobufWriter()
      .varint(1, IR_VERSION)
      .text(2, "nextpixel")
      .bytes(7, this.#graph.finish())
      .message(8, (opset) => opset.text(1, "").varint(2, OPSET))
      .message(8, (opset) => opset.text(1, NCHWC_DOMAIN).varint(2, 1))
      .finish();
  }

  #initializer(type: number, shape: Shape, raw: Uint8Array): string {
    const name = this.#fresh();
    this.#graph.message(5, (tensor) => {
      for (const size of shape) tensor.varint(1, size);
      tensor.varint(2, type).text(8, name).bytes(9, raw);
    });
    return name;
  }

  #fresh(): string {
    return `%${this.#values++}`;
  }
}

function valueInfo(info: ProtobufWriter, name: string, shape: Shape): void {
  info.text(1, name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.varint(1, FLOAT).message(2, (dimensions) => {
        for (const size of shape) dimensions.message(1, (dimension) => dimension.varint(1, size));
      }),
    ),
  );
}

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
  ReduceMax: { axes: "ints", keepdims: "int" },
  ReduceSum: { keepdims: "int" },
  Reshape: {},
  Shape: { start: "int", end: "int" },
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

// As old as the operators in use allow, so that other programs, which may be older, can read exported models.
const IR_VERSION = 8;
const OPSET = 17;
/** ONNX Runtime's own operators for fields in blocks of channels. */
const NCHWC = "nchwc.";
const NCHWC_DOMAIN = "com.microsoft.nchwc";

/** What a model for other programs has besides what is computed. */
export interface ExportOptions {
  /**
   * A number of which no size of the graph is a multiple but for its batch. The model then takes any batch: what is a
   * multiple of this number is computed from the first input's own batch.
   */
  readonly batch?: number | undefined;
  /** Names of constants. */
  readonly names?: ReadonlyMap<ArrayLike<number>, string> | undefined;
  /** What inputs and outputs are, by their names. */
  readonly about?: Readonly<Record<string, string>> | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Collects the nodes of one ONNX model and writes it. Values are named by strings. */
export class OnnxModelWriter {
  readonly #graph = new ProtobufWriter();
  readonly #floats = new Map<ArrayLike<number>, string>();
  readonly #integers = new Map<string, string>();
  readonly #options: ExportOptions;
  /** An input whose first size is the batch. */
  readonly #ofBatch: string | undefined;
  #usesBlocks = false;
  #values = 0;

  /** @param ofBatch An input whose first size is the batch of the options. */
  constructor(name: string, options: ExportOptions = {}, ofBatch?: string) {
    this.#graph.text(2, name);
    this.#options = options;
    this.#ofBatch = ofBatch;
  }

  input(name: string, shape: Shape): void {
    this.#graph.message(11, (info) => valueInfo(info, name, shape, this.#options));
  }

  output(name: string, shape: Shape): void {
    this.#graph.message(12, (info) => valueInfo(info, name, shape, this.#options));
  }

  /** A constant of float32 numbers. The same array (such as a mask, in all passes) is stored once. */
  floats(data: ArrayLike<number>, shape: Shape): string {
    const known = this.#floats.get(data);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(Float32Array.from(data).buffer);
    const name = this.#initializer(FLOAT, shape, bytes, this.#options.names?.get(data));
    this.#floats.set(data, name);
    return name;
  }

  /**
   * A list of int64 numbers (axes, sizes, ..): constant but for multiples of the batch. Equal lists are stored once.
   */
  integers(list: readonly number[]): string {
    const key = list.join(" ");
    const name =
      this.#integers.get(key) ?? (list.some(this.#isOfBatch) ? this.#sizes(list) : this.#list(list));
    this.#integers.set(key, name);
    return name;
  }

  readonly #isOfBatch = (size: number): boolean =>
    this.#options.batch !== undefined && size !== 0 && size % this.#options.batch === 0;

  #list(list: readonly number[]): string {
    return this.#initializer(INT64, [list.length], new Uint8Array(BigInt64Array.from(list, BigInt).buffer));
  }

  /** Sizes of which some are multiples of the batch. */
  #sizes(list: readonly number[]): string {
    if (list.length > 1) {
      const each = list.map((size) => this.integers([size]));
      return this.node("Concat", each, { axis: 0 });
    }
    const batch = this.#options.batch!;
    if (list[0] === batch) return this.node("Shape", [this.#ofBatch!], { start: 0, end: 1 });
    return this.node("Mul", [this.integers([batch]), this.integers([list[0]! / batch])], {});
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
      if (operator.startsWith(NCHWC)) {
        node.text(7, NCHWC_DOMAIN);
        this.#usesBlocks = true;
      }
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
    const model = new ProtobufWriter()
      .varint(1, IR_VERSION)
      .text(2, "nextpixel")
      .bytes(7, this.#graph.finish())
      .message(8, (opset) => opset.text(1, "").varint(2, OPSET));
    if (this.#usesBlocks) model.message(8, (opset) => opset.text(1, NCHWC_DOMAIN).varint(2, 1));
    for (const [key, value] of Object.entries(this.#options.metadata ?? {}))
      model.message(14, (entry) => entry.text(1, key).text(2, value));
    return model.finish();
  }

  #initializer(type: number, shape: Shape, raw: Uint8Array, name = this.#fresh()): string {
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

function valueInfo(info: ProtobufWriter, name: string, shape: Shape, { batch, about }: ExportOptions): void {
  info.text(1, name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.varint(1, FLOAT).message(2, (dimensions) => {
        for (const size of shape)
          dimensions.message(1, (one) => (size === batch ? one.text(2, "batch") : one.varint(1, size)));
      }),
    ),
  );
  if (about?.[name] !== undefined) info.text(3, about[name]);
}

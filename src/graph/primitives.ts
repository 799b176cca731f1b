import type { PointwisePrimitive } from "./pointwise.ts";

/** Sizes of the axes. A field is [batch, channels, rows, cols]; any other shape is a tensor, [] a scalar. */
export type Shape = readonly number[];

type None = Readonly<Record<never, never>>;
type Axis = { readonly axis: number };
type Axes = { readonly axes: readonly number[] };

/** Which weights of a convolution are used: 1 or 0 for each of [outputs, inputs, kernel rows, kernel cols]. */
export interface ConvMask {
  readonly shape: Shape;
  readonly values: Uint8Array;
}

/**
 * out[b, o, r, c] = sum over i, y, x of
 *   in[b, i, r * stride + y * dilation - pad.top, c * stride + x * dilation - pad.left] * w[o, i, y, x]
 * where what lies outside the picture counts as 0.
 */
export interface ConvAttributes {
  readonly pad: {
    readonly top: number;
    readonly left: number;
    readonly bottom: number;
    readonly right: number;
  };
  /** Step between outputs, [rows, cols]. */
  readonly stride: readonly [number, number];
  /** Step between the taps of the kernel, [rows, cols]. */
  readonly dilation: readonly [number, number];
  /** For the channel groups of the papers (R before G before B) and for kernels that are not rectangles. */
  readonly mask: ConvMask | undefined;
}

/** To which positions an attention attends, in raster order: those before its own, or its own as well. */
export type AttendedKeys = "before" | "upTo";

// The primitives by kind, each with its attributes. Everything else is a function over them. An interpreter of the
// graph is a table with a rule for every primitive, or one rule for a whole kind; a primitive without a rule does not
// compile. `CONTRIBUTING.md` lists what a new primitive needs.

/** Operands broadcast as in NumPy; none has attributes. What they compute is in `pointwise.ts`. */
type PointwiseAttributes = { readonly [P in PointwisePrimitive]: None };

interface LeafAttributes {
  input: { readonly name: string; readonly shape: Shape };
  parameter: { readonly name: string; readonly shape: Shape };
  constant: { readonly data: Float64Array; readonly shape: Shape };
  state: { readonly shape: Shape }; // of a recurrence, see `recur`
}

/** Elements change places; nothing is computed. */
interface LayoutAttributes {
  reshape: { readonly shape: Shape };
  transpose: { readonly permutation: readonly number[] };
  broadcast: { readonly shape: Shape };
  slice: Axis & { readonly start: number; readonly end: number };
  pad: Axis & { readonly before: number; readonly after: number }; // with zeros
  concat: Axis;
  shift: { readonly rows: number; readonly cols: number }; // out[r, c] = in[r - rows, c - cols], else 0
}

/** Over axes. Reduced axes stay, with size 1. */
interface ReductionAttributes {
  sum: Axes;
  max: Axes;
  softmax: None; // over the last axis, which keeps its size
}

/** Sums of products. */
interface ProductAttributes {
  conv: ConvAttributes;
  convTranspose: ConvAttributes & { readonly size: readonly [number, number] }; // conv's gradient for its input
  convWeightGradient: ConvAttributes & { readonly kernel: readonly [number, number] }; // and for its weights
  attend: { readonly keys: AttendedKeys }; // see `attend` in language.ts
  matmul: None; // over the last two axes, the ones before broadcast
}

interface RecurrenceAttributes {
  // `recur(body, state)` is the value of `body` for which the state equals that value. The state of a position is
  // read only by other positions; outside the picture it is 0.
  recur: None;
}

export interface Attributes
  extends
    PointwiseAttributes,
    LeafAttributes,
    LayoutAttributes,
    ReductionAttributes,
    ProductAttributes,
    RecurrenceAttributes {}

export type Primitive = keyof Attributes;
export type ProductPrimitive = keyof ProductAttributes;

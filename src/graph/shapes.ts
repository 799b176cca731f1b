import { everyPointwise } from "./pointwise.ts";
import type { Attributes, ConvAttributes, Primitive, Shape } from "./primitives.ts";

/** The shape of a primitive's value, or a sentence that says what does not fit. */
type ShapeRule<P extends Primitive> = (inputs: readonly Shape[], attributes: Attributes[P]) => Shape | string;

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** NumPy's broadcasting: align at the last axis, sizes must be equal or 1. */
export function broadcastShape(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) return undefined;
    shape.push(sizeA === 1 ? sizeB : sizeA);
  }
  return shape;
}

/** Rows or columns of a convolution's output; not positive if the kernel does not fit. */
function convSize(
  size: number,
  kernel: number,
  before: number,
  after: number,
  stride: number,
  dilation: number,
) {
  return Math.floor((size + before + after - (kernel - 1) * dilation - 1) / stride) + 1;
}

function convOutput(
  rows: number,
  cols: number,
  kernel: readonly number[],
  a: ConvAttributes,
): [number, number] {
  return [
    convSize(rows, kernel[0]!, a.pad.top, a.pad.bottom, a.stride[0], a.dilation[0]),
    convSize(cols, kernel[1]!, a.pad.left, a.pad.right, a.stride[1], a.dilation[1]),
  ];
}

const show = (shape: Shape) => `[${shape.join(", ")}]`;

const validAxis = (axis: number, shape: Shape) => Number.isInteger(axis) && axis >= 0 && axis < shape.length;

const leaf = (_: readonly Shape[], { shape }: { readonly shape: Shape }): Shape | string =>
  shape.every((size) => Number.isInteger(size) && size > 0)
    ? shape
    : `expected a shape of positive whole sizes, received ${show(shape)}`;

const pointwise = (operands: readonly Shape[]): Shape | string => {
  const [first, ...others] = operands as [Shape, ...Shape[]];
  const shape = others.reduce<Shape | undefined>((all, other) => all && broadcastShape(all, other), first);
  const list = operands.map(show);
  return (
    shape ?? `expected shapes that broadcast, received ${list.slice(0, -1).join(", ")} and ${list.at(-1)}`
  );
};

const reduction = ([x]: readonly Shape[], { axes }: { readonly axes: readonly number[] }): Shape | string =>
  axes.every((axis) => validAxis(axis, x!))
    ? x!.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : `expected axes of ${show(x!)}, received ${show(axes)}`;

function maskComplaint({ mask }: ConvAttributes, weights: Shape): string | undefined {
  if (mask === undefined || sameShape(mask.shape, weights)) return undefined;
  return `expected a mask ${show(weights)}, received ${show(mask.shape)}`;
}

export const shapeRules: { readonly [P in Primitive]: ShapeRule<P> } = {
  input: leaf,
  parameter: leaf,
  state: leaf,
  recur: ([body, state]) =>
    sameShape(body!, state!)
      ? body!
      : `expected a body of the shape of its state, ${show(state!)}, received ${show(body!)}`,
  constant: (_, { data, shape }) =>
    data.length === sizeOf(shape)
      ? shape
      : `expected ${sizeOf(shape)} numbers for shape ${show(shape)}, received ${data.length}`,
  ...everyPointwise(pointwise),
  reshape: ([x], { shape }) =>
    sizeOf(x!) === sizeOf(shape)
      ? shape
      : `expected ${sizeOf(x!)} elements as in ${show(x!)}, received ${show(shape)}`,
  transpose: ([x], { permutation }) =>
    sameShape(
      permutation.toSorted((a, b) => a - b),
      x!.map((_, axis) => axis),
    )
      ? permutation.map((axis) => x![axis]!)
      : `expected a permutation of the axes of ${show(x!)}, received ${show(permutation)}`,
  broadcast: ([x], { shape }) => {
    const result = broadcastShape(x!, shape);
    return result && sameShape(result, shape)
      ? shape
      : `expected a shape that ${show(x!)} extends to, received ${show(shape)}`;
  },
  slice: ([x], { axis, start, end }) => {
    if (!validAxis(axis, x!)) return `expected an axis of ${show(x!)}, received ${axis}`;
    if (start < 0 || start >= end || end > x![axis]!) {
      return `expected a range within 0..${x![axis]!} of axis ${axis}, received ${start}..${end}`;
    }
    return x!.with(axis, end - start);
  },
  pad: ([x], { axis, before, after }) => {
    if (!validAxis(axis, x!)) return `expected an axis of ${show(x!)}, received ${axis}`;
    if (before < 0 || after < 0) return `expected padding of at least 0, received ${before} and ${after}`;
    return x!.with(axis, before + x![axis]! + after);
  },
  concat: (inputs, { axis }) => {
    const first = inputs[0];
    if (first === undefined) return "expected at least one operand, received none";
    if (!validAxis(axis, first)) return `expected an axis of ${show(first)}, received ${axis}`;
    const other = inputs.find(
      (shape) => shape.length !== first.length || !sameShape(shape.with(axis, 0), first.with(axis, 0)),
    );
    if (other)
      return `expected shapes equal but for axis ${axis}, received ${show(first)} and ${show(other)}`;
    return first.with(
      axis,
      inputs.reduce((total, shape) => total + shape[axis]!, 0),
    );
  },
  sum: reduction,
  max: reduction,
  softmax: ([x]) => (x!.length > 0 ? x! : `expected at least one axis, received ${show(x!)}`),
  attend: ([q, k, v]) => {
    const fits =
      q!.length === 4 && v!.length === 4 && sameShape(q!, k!) && sameShape(q!.with(1, 1), v!.with(1, 1));
    return fits
      ? v!
      : `expected queries and keys [batch, d, rows, cols] and values [batch, e, rows, cols], received ${show(q!)}, ${show(k!)} and ${show(v!)}`;
  },
  shift: ([x]) =>
    x!.length === 4 ? x! : `expected a field [batch, channels, rows, cols], received ${show(x!)}`,
  conv: ([x, weights], attributes) => {
    if (x!.length !== 4) return `expected a field [batch, channels, rows, cols], received ${show(x!)}`;
    if (weights!.length !== 4 || weights![1] !== x![1]) {
      return `expected weights [O, ${x![1]}, kh, kw] for an input of ${x![1]} channels, received ${show(weights!)}`;
    }
    const complaint = maskComplaint(attributes, weights!);
    if (complaint) return complaint;
    const size = convOutput(x![2]!, x![3]!, weights!.slice(2), attributes);
    if (Math.min(...size) < 1) {
      return `expected a kernel no larger than the padded picture, received weights ${show(weights!)} for ${show(x!)}`;
    }
    return [x![0]!, weights![0]!, ...size];
  },
  convTranspose: ([cotangent, weights], attributes) => {
    if (cotangent!.length !== 4 || weights!.length !== 4 || weights![0] !== cotangent![1]) {
      return `expected weights [${cotangent![1]}, I, kh, kw] for a field of ${cotangent![1]} channels, received ${show(weights!)}`;
    }
    const complaint = maskComplaint(attributes, weights!);
    if (complaint) return complaint;
    const size = convOutput(...attributes.size, weights!.slice(2), attributes);
    if (!sameShape(size, cotangent!.slice(2))) {
      return `expected rows and columns ${show(size)} for a result of ${show(attributes.size)}, received ${show(cotangent!)}`;
    }
    return [cotangent![0]!, weights![1]!, ...attributes.size];
  },
  convWeightGradient: ([x, cotangent], attributes) => {
    if (x!.length !== 4 || cotangent!.length !== 4 || x![0] !== cotangent![0]) {
      return `expected two fields of one batch, received ${show(x!)} and ${show(cotangent!)}`;
    }
    const size = convOutput(x![2]!, x![3]!, attributes.kernel, attributes);
    if (!sameShape(size, cotangent!.slice(2))) {
      return `expected rows and columns ${show(size)} for an input of ${show(x!)}, received ${show(cotangent!)}`;
    }
    const weights = [cotangent![1]!, x![1]!, ...attributes.kernel];
    return maskComplaint(attributes, weights) ?? weights;
  },
  matmul: ([a, b]) => {
    const inner = a!.at(-1);
    const batch = broadcastShape(a!.slice(0, -2), b!.slice(0, -2));
    if (a!.length < 2 || b!.length < 2 || b!.at(-2) !== inner || batch === undefined) {
      return `expected [.., m, k] and [.., k, n], received ${show(a!)} and ${show(b!)}`;
    }
    return [...batch, a!.at(-2)!, b!.at(-1)!];
  },
};

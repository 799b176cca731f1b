import { is, type Node } from "../../graph/node.ts";
import type { ConvAttributes } from "../../graph/primitives.ts";
import { masked, type OnnxLowering } from "./lowering.ts";

// A convolution whose kernel is as large as its field has a single position: it is a layer of a fully connected
// network, and a matrix product. So are both of its gradients.

type Extent = readonly number[];
type Convolution = Node<"conv"> | Node<"convTranspose"> | Node<"convWeightGradient">;

/** Whether a convolution, or the one whose gradient this is, leads from a whole field to a single position. */
export function isDense(node: Convolution): boolean {
  const { pad, dilation } = node.attributes;
  const [field, kernel, single] = partsOf(node);
  return (
    single.every((size) => size === 1) &&
    kernel.every((size, axis) => size === field[axis]) &&
    Object.values(pad).every((size) => size === 0) &&
    dilation.every((step) => step === 1)
  );
}

/** Rows and columns of the larger field, the kernel and the smaller field. */
function partsOf(node: Convolution): readonly [field: Extent, kernel: Extent, single: Extent] {
  const extent = ({ shape }: Node) => shape.slice(2);
  const [a, b] = node.inputs as [Node, Node];
  if (is(node, "conv")) return [extent(a), extent(b), extent(node)];
  if (is(node, "convTranspose")) return [extent(node), extent(b), extent(a)];
  return [extent(a), extent(node), extent(b)];
}

/** The value of a convolution of which `isDense` is true. */
export function dense(node: Convolution, lowering: OnnxLowering): string {
  const { model, value } = lowering;
  const attributes: ConvAttributes = node.attributes;
  const [a, b] = node.inputs as [Node, Node];
  const matrix = (name: string, { shape }: Node) =>
    model.node("Reshape", [name, model.integers([shape[0]!, -1])], {});
  const product = (left: string, right: string, transA: number, transB: number) =>
    model.node(
      "Reshape",
      [model.node("Gemm", [left, right], { transA, transB }), model.integers(node.shape)],
      {},
    );

  const left = matrix(value(a), a);
  if (is(node, "convWeightGradient"))
    return masked(lowering, product(matrix(value(b), b), left, 1, 0), attributes);
  const weights = matrix(masked(lowering, value(b), attributes), b);
  return product(left, weights, 0, is(node, "conv") ? 1 : 0);
}

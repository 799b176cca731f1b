import type { Node } from "./node.ts";
import type { ConvAttributes, Primitive, ProductPrimitive, Shape } from "./primitives.ts";
import { sizeOf } from "./shapes.ts";
import { topologicalOrder } from "./walk.ts";

type Rule<P extends Primitive> = (node: Node<P>) => number;

/** The number of weights that are not masked out. */
const kept = ({ mask }: ConvAttributes, weights: Shape): number =>
  mask ? mask.values.reduce((count, bit) => count + bit, 0) : sizeOf(weights);

/** The number of pixels in all pictures of a field. */
const positionsOf = ([batch, , rows, cols]: Shape): number => batch! * rows! * cols!;

const rules: { readonly [P in ProductPrimitive]: Rule<P> } = {
  conv: ({ inputs: [, weights], shape, attributes }) => kept(attributes, weights!.shape) * positionsOf(shape),
  convTranspose: ({ inputs: [cotangent, weights], attributes }) =>
    kept(attributes, weights!.shape) * positionsOf(cotangent!.shape),
  convWeightGradient: ({ inputs: [, cotangent], shape, attributes }) =>
    kept(attributes, shape) * positionsOf(cotangent!.shape),
  attend: ({ inputs: [q, , v], attributes: { keys } }) => {
    const [batch, , rows, cols] = q!.shape as [number, number, number, number];
    const count = rows * cols;
    const pairs = (batch * count * (keys === "upTo" ? count + 1 : count - 1)) / 2;
    return pairs * (q!.shape[1]! + v!.shape[1]!);
  },
  matmul: ({ inputs: [a], shape }) => sizeOf(shape) * a!.shape.at(-1)!,
};

/**
 * The number of multiply-adds of convolutions, attention and matrix products in one evaluation of the outputs. Masked
 * weights do not count; products with the zeros around the picture do.
 */
export const multiplyAdds = (outputs: readonly Node[]): number =>
  topologicalOrder(outputs).reduce((total, node) => total + (isProduct(node) ? ruleOf(node)(node) : 0), 0);

const isProduct = (node: Node): node is Node<ProductPrimitive> => Object.hasOwn(rules, node.op);
const ruleOf = ({ op }: Node<ProductPrimitive>) => rules[op] as Rule<ProductPrimitive>;

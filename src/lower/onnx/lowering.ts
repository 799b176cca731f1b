import { type Node, is } from "../../graph/node.ts";
import type { ConvAttributes, Primitive } from "../../graph/primitives.ts";
import { sameShape } from "../../graph/shapes.ts";
import { toBlocked, toPlain } from "./blocked-layout.ts";
import { BOOL, FLOAT, type OnnxModelWriter } from "./model-writer.ts";

/** Writes how a primitive is computed, and returns the name of its value. */
export type OnnxRule<P extends Primitive> = (node: Node<P>, lowering: OnnxLowering) => string;

/**
 * The values of a program that is being lowered. A value has up to three forms, each made when it is first asked for:
 * float32 in row-major order, a truth value, and float32 in blocks of channels (see blocked-layout.ts).
 */
export class OnnxLowering {
  readonly model: OnnxModelWriter;
  /** Channels in a block; undefined: there is no blocked form. */
  readonly block: number | undefined;
  readonly #plain = new Map<Node, string>();
  readonly #conditions = new Map<Node, string>();
  readonly #blocked = new Map<Node, string>();
  readonly #compare: (node: Node, lowering: OnnxLowering) => string;

  constructor(
    model: OnnxModelWriter,
    compare: (node: Node, lowering: OnnxLowering) => string,
    block: number | undefined,
  ) {
    this.model = model;
    this.block = block;
    this.#compare = compare;
  }

  setPlain(node: Node, name: string): void {
    this.#plain.set(node, name);
  }

  setBlocked(node: Node, name: string): void {
    this.#blocked.set(node, name);
  }

  /** The name of a node's value as float32, row-major. */
  readonly value = (node: Node): string =>
    once(this.#plain, node, () => {
      const blocked = this.#blocked.get(node);
      if (blocked !== undefined) return toPlain(this.model, blocked, node.shape);
      if (isPositivity(node)) return positivity(this.model, this.value(node.inputs[0]!));
      return this.model.node("Cast", [this.condition(node)], { to: FLOAT });
    });

  /** The name of a node's value as a truth value: true where it is not 0. */
  readonly condition = (node: Node): string =>
    once(this.#conditions, node, () =>
      isComparison(node)
        ? this.#compare(node, this)
        : this.model.node("Cast", [this.value(node)], { to: BOOL }),
    );

  /** The name of a node's value in blocks of channels; only for fields of whole blocks. */
  readonly blocked = (node: Node): string =>
    once(this.#blocked, node, () =>
      isPositivity(node) && !this.#plain.has(node)
        ? positivity(this.model, this.blocked(node.inputs[0]!))
        : toBlocked(this.model, this.value(node)),
    );

  /** Whether the value exists in blocks of channels, and not in row-major order. */
  readonly isBlocked = (node: Node): boolean => {
    if (this.#plain.has(node)) return false;
    return this.#blocked.has(node) || (isPositivity(node) && this.isBlocked(node.inputs[0]!));
  };
}

function once(forms: Map<Node, string>, node: Node, make: () => string): string {
  const name = forms.get(node) ?? make();
  forms.set(node, name);
  return name;
}

/** Comparisons are lowered where they are used, in the form that is needed there. */
export const isComparison = (node: Node): boolean => is(node, "equal") || is(node, "greater");

/** Is it x > 0, of x's own shape? */
function isPositivity(node: Node): boolean {
  const [x, bound] = node.inputs;
  if (!is(node, "greater") || !x || !bound || !is(bound, "constant")) return false;
  const { data } = bound.attributes;
  return data.length === 1 && data[0] === 0 && sameShape(node.shape, x.shape);
}

/**
 * x > 0 as a number (the derivative of relu) is min(1, max(0, alpha x)): one pass over memory in place of two. With the
 * largest alpha that float32 has, the two agree for every x that is not denormal.
 */
const positivity = (model: OnnxModelWriter, x: string) =>
  model.node("HardSigmoid", [x], { alpha: 3e38, beta: 0 });

/** Zeros around a value (or, where negative, a crop), before and after each axis. */
export function padded(
  { model }: OnnxLowering,
  value: string,
  before: readonly number[],
  after: readonly number[],
): string {
  if ([...before, ...after].every((size) => size === 0)) return value;
  return model.node("Pad", [value, model.integers([...before, ...after])], {});
}

/** The weights of a convolution without those that its mask leaves out. */
export function masked({ model }: OnnxLowering, weights: string, { mask }: ConvAttributes): string {
  return mask ? model.node("Mul", [weights, model.floats(mask.values, mask.shape)], {}) : weights;
}

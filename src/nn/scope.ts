import { expected, NextpixelError } from "../basics/errors.ts";
import { input, mul, parameter } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import type { Shape } from "../graph/primitives.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { InitialisedParameter, Initialiser } from "./initialisers.ts";

/** A parameter that a network asked for. */
export interface Declaration extends InitialisedParameter {
  /** Its node in the graph. */
  readonly node: Node;
}

/** Bounds on a network, so that a checkpoint, which stores every parameter four times, fits into one file. */
const MAX_PARAMETERS = 2 ** 14;
const MAX_VALUES = 2 ** 27;

/** All parameters of a network, and how many values they have together. */
interface Declared {
  readonly byName: Map<string, Declaration>;
  values: number;
}

/**
 * Where a network gets its parameters from: a path of names, such as "block3.spatial", under which it declares them.
 * Building a network again (for another batch or picture size) declares the same parameters again.
 */
export class Scope {
  readonly path: string;
  readonly #declared: Declared;
  /** Undefined: nothing is dropped. */
  readonly #dropoutMasks: Node<"input">[] | undefined;

  constructor(
    path = "",
    declared: Declared = { byName: new Map(), values: 0 },
    dropoutMasks?: Node<"input">[],
  ) {
    this.path = path;
    this.#declared = declared;
    this.#dropoutMasks = dropoutMasks;
  }

  /** The outermost scope of a network: one that is to be trained with dropout, or any other. */
  static root({ dropout }: { readonly dropout: boolean }): Scope {
    return new Scope("", undefined, dropout ? [] : undefined);
  }

  /** The scope of a part of the network. */
  at(name: string): Scope {
    return new Scope(this.#join(name), this.#declared, this.#dropoutMasks);
  }

  /**
   * Declares a parameter. SHAPE error if the name is taken: two layers would share it by mistake; ARGUMENT error if
   * the network has too many.
   */
  parameter(name: string, shape: Shape, initialiser: Initialiser): Node {
    const path = this.#join(name);
    const { byName } = this.#declared;
    if (byName.has(path)) {
      throw new NextpixelError("SHAPE", `expected a new name for a parameter, received "${path}" again`);
    }
    if (byName.size === MAX_PARAMETERS) {
      throw expected("ARGUMENT", `at most ${MAX_PARAMETERS} parameters`, "a network", "more");
    }
    this.checkSize(shape);
    this.#declared.values += sizeOf(shape);
    const node = parameter(path, shape);
    byName.set(path, { name: path, shape, initialiser, node });
    return node;
  }

  /**
   * Checks that a parameter of this shape is not too large, before anything else of its size is created.
   *
   * @throws ARGUMENT error if it is.
   */
  checkSize(shape: Shape): void {
    const values = this.#declared.values + sizeOf(shape);
    if (values > MAX_VALUES)
      throw expected("ARGUMENT", `at most ${MAX_VALUES} values`, "the parameters of a network", values);
  }

  /**
   * Dropout (N. Srivastava et al., JMLR 2014): x times a mask of the same shape, whose values, 0 or 1 / (1 - rate),
   * are fed at every step. Unless the network is trained with dropout, x itself.
   */
  dropout(x: Node): Node {
    if (!this.#dropoutMasks) return x;
    const mask = input(this.#join("dropout"), x.shape);
    this.#dropoutMasks.push(mask);
    return mul(x, mask);
  }

  /** The masks of all dropout so far. */
  get dropoutMasks(): readonly Node<"input">[] {
    return this.#dropoutMasks ?? [];
  }

  /** All parameters declared so far, in the order of declaration. */
  get declarations(): Declaration[] {
    return [...this.#declared.byName.values()];
  }

  #join(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}

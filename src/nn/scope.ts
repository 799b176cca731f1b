import { expected, NextpixelError } from "../basics/errors.ts";
import { input, mul, parameter } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import type { Shape } from "../graph/primitives.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { InitialisedParameter, Initialiser } from "./initialisers.ts";
import type { Distribution, NoiseInput } from "./noise-input.ts";

/** A parameter that a network asked for. */
export interface Declaration extends InitialisedParameter {
  /** Its node in the graph. */
  readonly node: Node;
}

/** Bounds on a network, so that a checkpoint, which stores every parameter four times, fits into one file. */
const MAX_PARAMETERS = 2 ** 14;
const MAX_VALUES = 2 ** 27;

/** All that a network has asked for, and how many values its parameters have together. */
interface Declared {
  readonly byName: Map<string, Declaration>;
  readonly noise: NoiseInput[];
  /** Rate of dropout; undefined: nothing is dropped. */
  readonly dropout: number | undefined;
  values: number;
}

/**
 * Where a network gets its parameters from: a path of names, such as "block3.spatial", under which it declares them.
 * Building a network again (for another batch or picture size) declares the same parameters again.
 */
export class Scope {
  readonly path: string;
  readonly #declared: Declared;

  private constructor(path: string, declared: Declared) {
    this.path = path;
    this.#declared = declared;
  }

  /**
   * The outermost scope of a part of a model, all of whose names begin with `path` if there is one. With `dropout`, the
   * rate that is to be dropped.
   */
  static root({
    path = "",
    dropout,
  }: { readonly path?: string | undefined; readonly dropout?: number | undefined } = {}) {
    return new Scope(path, { byName: new Map(), noise: [], dropout, values: 0 });
  }

  /** The scope of a part of the network. */
  at(name: string): Scope {
    return new Scope(this.#join(name), this.#declared);
  }

  /**
   * Declares a parameter.
   *
   * @throws SHAPE if the name is taken, because two layers would share it by mistake; ARGUMENT if there are too many
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
    const { dropout } = this.#declared;
    return dropout === undefined ? x : mul(x, this.noise("dropout", x.shape, { dropout }));
  }

  /** Random numbers, [batch, ...], which are new at every step. SHAPE error if the name is taken. */
  noise(name: string, shape: Shape, distribution: Distribution): Node<"input"> {
    const path = this.#join(name);
    if (this.#declared.noise.some(({ node }) => node.attributes.name === path)) {
      throw new NextpixelError("SHAPE", `expected a new name for random numbers, received "${path}" again`);
    }
    const node = input(path, shape);
    this.#declared.noise.push({ node, distribution });
    return node;
  }

  /** All random numbers asked for so far, in the order of asking. */
  get noiseInputs(): readonly NoiseInput[] {
    return this.#declared.noise;
  }

  /** All parameters declared so far, in the order of declaration. */
  get declarations(): Declaration[] {
    return [...this.#declared.byName.values()];
  }

  #join(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}

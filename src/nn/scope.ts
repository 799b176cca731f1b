import { NextpixelError } from "../basics/errors.ts";
import { parameter } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import type { Shape } from "../graph/primitives.ts";
import type { InitialisedParameter, Initialiser } from "./initialisers.ts";

/** A parameter that a network asked for. */
export interface Declaration extends InitialisedParameter {
  /** What stands for it in the graph. */
  readonly node: Node;
}

/**
 * Where a network gets its parameters from: a path of names, such as "block3.spatial", under which it declares them.
 * Building a network again (for another batch or picture size) declares the same parameters again.
 */
export class Scope {
  readonly path: string;
  readonly #declarations: Map<string, Declaration>;

  constructor(path = "", declarations = new Map<string, Declaration>()) {
    this.path = path;
    this.#declarations = declarations;
  }

  /** The scope of a part of the network. */
  at(name: string): Scope {
    return new Scope(this.#join(name), this.#declarations);
  }

  /** Declares a parameter. SHAPE error if the name is taken: two layers would share it by mistake. */
  parameter(name: string, shape: Shape, initialiser: Initialiser): Node {
    const path = this.#join(name);
    if (this.#declarations.has(path)) {
      throw new NextpixelError("SHAPE", `expected a new name for a parameter, received "${path}" again`);
    }
    const node = parameter(path, shape);
    this.#declarations.set(path, { name: path, shape, initialiser, node });
    return node;
  }

  /** All parameters declared so far, in the order of declaration. */
  get declarations(): Declaration[] {
    return [...this.#declarations.values()];
  }

  #join(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}

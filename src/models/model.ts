import type { Node } from "../graph/node.ts";
import type { Scope } from "../nn/scope.ts";

/** What the picture and the likelihood ask of a network. */
export interface NetworkOutputs {
  /** Colours of the picture. Channels of the logits are in as many groups, in order. */
  readonly groups: number;
  /** Channels of the logits. */
  readonly outputs: number;
}

/** A family of networks. Its configuration is plain data; sizes are whole numbers of at least 1. */
export interface Model<Config> {
  readonly name: string;
  readonly defaults: Config;
  /**
   * The network: from a picture, [batch, colours, rows, cols] in [-1, 1], to logits, [batch, outputs, rows, cols].
   * It declares its parameters in `scope`.
   */
  network(scope: Scope, x: Node, config: Config, outputs: NetworkOutputs): Node;
}

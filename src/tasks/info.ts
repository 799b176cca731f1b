import { receptiveField, type ReceptiveField } from "../graph/receptive-field.ts";
import { sizeOf } from "../graph/shapes.ts";
import { buildNetwork, type NetworkConfig } from "../programs/network.ts";
import { parameterCount } from "../programs/parameters.ts";

export interface NetworkInfo {
  readonly parameters: number;
  /** Every parameter, in the order of the network. */
  readonly layers: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly count: number;
  }[];
  /** Undefined if no pixel depends on any other. */
  readonly receptiveField: ReceptiveField | undefined;
}

/** What a network consists of, and what it can see. */
export function describeNetwork(config: NetworkConfig): NetworkInfo {
  const { logits, picture, declarations } = buildNetwork(config, 1);
  return {
    parameters: parameterCount(declarations),
    layers: declarations.map(({ name, shape }) => ({ name, shape, count: sizeOf(shape) })),
    receptiveField: receptiveField(logits, picture),
  };
}

import { familyOf } from "../families/by-name.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { NetworkExplanation } from "../programs/network-explanation.ts";
import type { NetworkConfig } from "../programs/network.ts";

/** What a network consists of and, if its family can tell, what a pixel sees and what drawing takes. */
export interface NetworkInfo extends Partial<NetworkExplanation> {
  readonly parameters: number;
  /** Every parameter, in the order of the network. */
  readonly layers: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly count: number;
  }[];
}

/** Describes a network. @throws SCHEDULE as `stepProgram`. */
export function describeNetwork(config: NetworkConfig): NetworkInfo {
  const { evaluation, can } = familyOf(config);
  const { parts } = evaluation(config, 1);
  const layers = parts
    .flatMap(({ declarations }) => declarations)
    .map(({ name, shape }) => ({ name, shape, count: sizeOf(shape) }));
  return {
    parameters: layers.reduce((total, { count }) => total + count, 0),
    layers,
    ...can.explain?.(config),
  };
}

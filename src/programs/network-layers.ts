import { sizeOf } from "../graph/shapes.ts";
import { layersOf, type LayerSchedule } from "../lower/step/layers.ts";
import { tabulateClasses } from "./class-values.ts";
import { buildNetwork, type NetworkConfig } from "./network.ts";
import { parameterCount } from "./parameters.ts";
import { foldedLogits } from "./step-program.ts";

/** A layer of a network: its parameters, and when the sampler computes it. */
export interface NetworkLayer {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** How many numbers these are. */
  readonly count: number;
  /** Undefined for what does not depend on the picture, which is computed once. */
  readonly schedule: LayerSchedule | undefined;
}

/**
 * The layers of a network, each after those that it reads, in the order in which it declares them.
 *
 * @throws SCHEDULE as `stepProgram`
 */
export function networkLayers(config: NetworkConfig): NetworkLayer[] {
  const network = buildNetwork(config, 1);
  // Neither the times nor what is read depend on the values of the weights.
  const weights = new Float32Array(parameterCount(network.declarations)).fill(1);
  const { logits } = tabulateClasses(foldedLogits(network, weights), network.classes);
  const schedules = layersOf(logits, network.picture);

  const byName = new Map<string, NetworkLayer["parameters"][number][]>();
  for (const { name, shape } of network.declarations) {
    const layer = layerOf(name, schedules);
    byName.set(layer, [...(byName.get(layer) ?? []), { name, shape }]);
  }
  const layers = [...byName].map(([name, parameters]): NetworkLayer => {
    const count = parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
    return { name, parameters, count, schedule: schedules.find((one) => one.name === name) };
  });
  // Those without parameters come before the first layer that reads them.
  for (const schedule of schedules) {
    if (byName.has(schedule.name)) continue;
    const isReader = (layer: NetworkLayer) =>
      layer.schedule?.reads.some((read) => read.layer === schedule.name);
    const at = layers.findIndex(isReader);
    layers.splice(at === -1 ? layers.length : at, 0, {
      name: schedule.name,
      parameters: [],
      count: 0,
      schedule,
    });
  }
  return layers;
}

/** The layer that a parameter is of: the one whose path it lies in; if there is none, the path itself. */
function layerOf(parameter: string, layers: readonly LayerSchedule[]): string {
  const parts = parameter.split(".");
  for (let end = parts.length - 1; end > 0; end--) {
    const path = parts.slice(0, end).join(".");
    if (layers.some(({ name }) => name === path)) return path;
  }
  return parts.slice(0, -1).join(".") || parameter;
}

import { NextpixelError } from "../basics/errors.ts";
import { buildNetwork, type NetworkConfig } from "../programs/network.ts";
import { readRunConfig, type RunConfig } from "./config.ts";
import { readCheckpoint, type CheckpointChoice } from "./checkpoints.ts";
import { vectorOf } from "./training-state.ts";

/** A trained network as a run folder keeps it. */
export interface SavedModel {
  readonly config: NetworkConfig;
  /** How its training pictures were read. */
  readonly data: RunConfig["data"];
  /** Steps of training that it has seen. */
  readonly step: number;
  /** The averaged weights, all parameters in one vector. */
  readonly weights: Float32Array;
}

/** The network of a run, with the averaged weights of a checkpoint, by default of the best one. NOT_FOUND, FORMAT errors. */
export async function loadSavedModel(run: string, choice: CheckpointChoice = "best"): Promise<SavedModel> {
  const { network: config, data } = await readRunConfig(run);
  const checkpoint = await readCheckpoint(run, choice);
  const { declarations } = namingFile(`${run}/config.json`, () => buildNetwork(config, 1));
  return { config, data, step: checkpoint.step, weights: vectorOf(checkpoint, "average", declarations) };
}

/** What `build` returns; its errors tell which file has asked for it. */
function namingFile<Value>(file: string, build: () => Value): Value {
  try {
    return build();
  } catch (cause) {
    if (!(cause instanceof NextpixelError)) throw cause;
    throw new NextpixelError(cause.code, `${file}: ${cause.message}`, { cause });
  }
}

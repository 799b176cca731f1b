import { expected } from "../basics/errors.ts";
import { familyOf } from "../families/by-name.ts";
import type { TrainedModel } from "../families/family.ts";
import type { NetworkConfig } from "../programs/network.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import { weightsIn } from "./training-state.ts";

/**
 * The model in the files of a run: what is in its `config.json`, and the bytes of a checkpoint.
 *
 * @throws FORMAT if a file is damaged or the two do not belong together; NOT_FOUND or ARGUMENT if the configuration
 * asks for something that does not exist
 */
export function trainedModel(
  { network }: { readonly network: NetworkConfig },
  checkpoint: ArrayBuffer | Uint8Array,
): TrainedModel {
  if (typeof network?.model !== "string") {
    throw expected("FORMAT", "what is in a run's config.json", "the configuration", "something else");
  }
  const bytes = ArrayBuffer.isView(checkpoint) ? checkpoint : new Uint8Array(checkpoint);
  const { parts } = familyOf(network).evaluation(network, 1);
  return { config: network, weights: weightsIn(decodeCheckpoint(bytes, "the checkpoint"), parts) };
}

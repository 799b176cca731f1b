import type { Dataset } from "../data/dataset.ts";
import type { ForwardOptions } from "../programs/forward.ts";
import { buildNetwork, type NetworkConfig } from "../programs/network.ts";
import { scoreDataset } from "../programs/score-dataset.ts";
import { openScorer } from "../programs/scorer.ts";
import type { Values } from "../runtime/values.ts";

const BATCH = 64;

/** Scores the validation pictures, given their classes (`labels`) if the network knows any, with whatever weights there are. */
export async function openValidation(
  config: NetworkConfig,
  pictures: Dataset,
  labels: Int32Array | undefined,
  options: ForwardOptions,
) {
  const network = buildNetwork(config, Math.min(BATCH, pictures.count));
  const scorer = await openScorer(network, undefined, options);
  return {
    /** Mean nats per picture. */
    async nats(weights: Values): Promise<number> {
      let total = 0;
      for await (const { nats } of scoreDataset(scorer, pictures, { weights, labels })) {
        total += nats.reduce((sum, value) => sum + value, 0);
      }
      return total / pictures.count;
    },
    close: () => scorer.close(),
  };
}

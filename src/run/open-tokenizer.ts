import { capability } from "../families/by-name.ts";
import { readRunConfig } from "./config.ts";
import { loadSavedModel } from "./saved-model.ts";
import { readTokenizer, tokenizerFile, type Tokenizer } from "./tokenizer-file.ts";

/**
 * The tokenizer of a run: of one that trained it, with the averaged weights of its best checkpoint, or of one that was
 * trained with it.
 *
 * @throws NOT_FOUND, FORMAT as `loadSavedModel` and `readTokenizer`; ARGUMENT if the run has no tokenizer
 */
export async function openTokenizer(run: string): Promise<Tokenizer> {
  const { network } = await readRunConfig(run);
  if (network.tokenizer) return readTokenizer(run, network);
  capability(network, "codes");
  const { config, weights, step } = await loadSavedModel(run);
  return tokenizerFile({ config, weights }, step);
}

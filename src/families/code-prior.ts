import type { NetworkConfig } from "../programs/network.ts";
import { codeMapOf } from "./code-network.ts";

/** The tokenizer of a network that draws codes, as a model of its own. */
export const tokenizerOf = ({ tokenizer, levels, size }: NetworkConfig): NetworkConfig => ({
  model: tokenizer!.model,
  modelConfig: tokenizer!.modelConfig,
  levels,
  size,
});

/** A network that draws codes, as one that draws pictures: maps of codes. @throws as `codeMapOf` */
export function codePriorOf(config: NetworkConfig): NetworkConfig {
  const { channels, rows, cols, levels } = codeMapOf(tokenizerOf(config));
  return { ...config, tokenizer: undefined, levels, size: { channels, rows, cols } };
}

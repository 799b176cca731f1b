import { createHash } from "node:crypto";
import { join } from "node:path";
import { expected } from "../basics/errors.ts";
import { familyOf } from "../families/by-name.ts";
import { tokenizerOf } from "../families/code-prior.ts";
import type { TrainedModel } from "../families/family.ts";
import { readBounded } from "../files/bounded-read.ts";
import type { NetworkConfig, TokenizerConfig } from "../programs/network.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { TOKENIZER_FILE } from "./run-folder.ts";
import { MAX_FILE_BYTES } from "./safetensors.ts";
import { toWeights, weightsIn } from "./training-state.ts";

/** A trained tokenizer, as runs of networks that draw its codes keep it. */
export interface Tokenizer {
  /** What such runs say of it in their configuration. */
  readonly config: TokenizerConfig;
  /** The tokenizer and its weights. */
  readonly model: TrainedModel;
  /** Its file: a checkpoint of averaged weights, with what it is in the metadata. */
  readonly bytes: Uint8Array;
}

/** A trained tokenizer as a file. */
export function tokenizerFile({ config, weights }: TrainedModel, step: number): Tokenizer {
  const { model, modelConfig } = config;
  const { metadata, ...checkpoint } = toWeights(step, weights, partsOf(config));
  const bytes = encodeCheckpoint({ ...checkpoint, metadata: { ...metadata, tokenizer: described(config) } });
  return { config: { model, modelConfig, sha256: sha256(bytes) }, model: { config, weights }, bytes };
}

/** The file of the tokenizer in the folder of a run that draws its codes. @throws NOT_FOUND */
export const readTokenizerFile = (run: string): Promise<Uint8Array> =>
  readBounded(join(run, TOKENIZER_FILE), MAX_FILE_BYTES);

/**
 * The tokenizer in the folder of a run that draws its codes.
 *
 * @throws NOT_FOUND if it is not there; FORMAT if it is another one than the run was trained with, or damaged
 */
export async function readTokenizer(run: string, network: NetworkConfig): Promise<Tokenizer> {
  const file = join(run, TOKENIZER_FILE);
  const bytes = await readTokenizerFile(run);
  const wanted = network.tokenizer!;
  const found = sha256(bytes);
  if (found !== wanted.sha256)
    throw expected("FORMAT", `the tokenizer of SHA-256 ${wanted.sha256}`, file, found);
  const config = tokenizerOf(network);
  const checkpoint = decodeCheckpoint(bytes, file);
  const { tokenizer: about } = checkpoint.metadata;
  if (about !== described(config))
    throw expected("FORMAT", described(config), `the tokenizer in ${file}`, about);
  return { config: wanted, model: { config, weights: weightsIn(checkpoint, partsOf(config)) }, bytes };
}

/** What a tokenizer is beside its weights. Its pictures may be of any size. */
const described = ({ model, modelConfig, levels, size: { channels } }: NetworkConfig): string =>
  JSON.stringify({
    model,
    modelConfig: Object.fromEntries(Object.entries(modelConfig).sort()),
    levels,
    channels,
  });

/** The parts that make codes and pictures; a discriminator is none of them. */
const partsOf = (config: NetworkConfig) => familyOf(config).evaluation(config, 1).parts;

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

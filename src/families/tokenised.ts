import { add } from "../graph/language.ts";
import { substitute } from "../graph/walk.ts";
import { openCodeSampler } from "../programs/code-sampler.ts";
import { buildCodeNetwork, codeMapOf } from "./code-network.ts";
import { codePriorOf, tokenizerOf } from "./code-prior.ts";
import type { Capabilities, Family, OpenSampler, Scoring } from "./family.ts";
import { CODE_LATENTS } from "./tokenizer.ts";
import { sumOfEach } from "./sum-of-each.ts";

/**
 * The family of networks that draw the codes of a trained tokenizer in the place of pictures. A map of codes is a
 * picture of a few channels and levels, so they are trained and validated as those of their own family. What they can
 * do is done to codes, which are then decoded.
 */
export function tokenised(family: Family): Family {
  const { sample, complete, score, explain } = family.can;
  const can: Capabilities = {
    ...(sample && { sample: decoding(sample) }),
    ...(complete && { complete: decoding(complete) }),
    ...(score && { score: { likelihood: "bound", bound: "codes", trace: bounding(score) } as const }),
    ...(explain && { explain: (config) => explain(codePriorOf(config)) }),
    codes: (config) => codeMapOf(tokenizerOf(config)),
    latents: {
      encoder: (config, batch) => CODE_LATENTS.encoder(tokenizerOf(config), batch),
      decoder: (config, batch) => CODE_LATENTS.decoder(tokenizerOf(config), batch),
    },
  };
  return {
    name: family.name,
    hasLikelihood: family.hasLikelihood,
    optimizer: family.optimizer,
    readsFields: false,
    trainable: (config, batch, settings) => family.trainable(codePriorOf(config), batch, settings),
    evaluation: (config, batch) => family.evaluation(codePriorOf(config), batch),
    can,
    cannot: {
      ...family.cannot,
      interpolate: DRAWS_CODES,
      observe: DRAWS_CODES,
      importance: "the codes of a picture are no random draw",
    },
  };
}

const DRAWS_CODES = "what it draws are codes of a tokenizer, which browsers do not turn into pictures";

/** Draws codes, and decodes them. */
const decoding =
  (open: OpenSampler): OpenSampler =>
  ({ config, weights }, options, place) => {
    const { rows, cols } = options.size ?? config.size;
    const size = { ...config.size, rows, cols };
    const tokenizer = tokenizerOf({ ...config, size });
    const form = codeMapOf(tokenizer);
    const codes = open(
      { config: codePriorOf(config), weights },
      { ...options, size: options.size && { rows: form.rows, cols: form.cols } },
      place,
    );
    return openCodeSampler(
      codes,
      { config: tokenizer, weights, form, latents: CODE_LATENTS },
      options,
      place,
    );
  };

/** -log P(codes) - log p(picture | codes) of each picture, [batch, 1, 1, 1], for the codes that the encoder gives it. */
const bounding =
  ({ trace }: Scoring): Scoring["trace"] =>
  (config, batch) => {
    const { picture, levels, nats, parts } = buildCodeNetwork(tokenizerOf(config), batch);
    const prior = trace(codePriorOf(config), batch);
    const ofCodes = sumOfEach(substitute(prior.nats, prior.picture, levels));
    return {
      ...prior,
      picture,
      parts: [...prior.parts, ...parts],
      nats: add(ofCodes, sumOfEach(nats)),
    };
  };

import type { RunConfig } from "../../src/run/config.ts";

/** The configuration of a run with a network of some hundred weights. */
export const TINY_CONFIG: RunConfig = {
  format: 2,
  family: "autoregressive",
  nextpixel: "0.0.0",
  network: {
    model: "pixelcnn",
    modelConfig: { width: 2, depth: 1, head: 2 },
    likelihood: "bernoulli",
    levels: 2,
    size: { channels: 1, rows: 4, cols: 4 },
  },
  data: { train: "digits", valid: 0.1, gray: false, resize: null, skipBad: false },
  training: {
    steps: 10,
    batch: 4,
    shares: 1,
    device: "cpu",
    optimizer: "adam",
    lr: 0.001,
    warmup: 0,
    decay: "cosine",
    clip: 1,
    ema: 0.9,
    seed: 1,
    evalEvery: 5,
    checkpointEvery: 5,
    keep: 2,
  },
};

/** The same of a VAE, whose model has settings. */
export const TINY_VAE_CONFIG: RunConfig = {
  ...TINY_CONFIG,
  family: "vae",
  network: {
    ...TINY_CONFIG.network,
    model: "vae",
    modelConfig: { width: 1, depth: 1, resolutions: 1, latents: 1 },
    settings: { beta: 1, klWarmup: 0.5, freeBits: 0 },
  },
};

/** What a training is like where nothing else is asked for. */
export const TRAIN_DEFAULTS = {
  model: "pixelcnn",
  steps: 2000,
  batch: 32,
  device: "cpu",
  warmup: 50,
  clip: 1,
  seed: 0,
  validFraction: 0.1,
  keep: 2,
} as const;

/** The sizes of a network that reads what is known in advance. */
export const FIELD_DEFAULTS = { width: 32, depth: 3 } as const;

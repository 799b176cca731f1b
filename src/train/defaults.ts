/** What a training is like where nothing else is asked for. */
export const TRAIN_DEFAULTS = {
  model: "pixelcnn",
  fieldWidth: 32,
  fieldDepth: 3,
  steps: 2000,
  batch: 32,
  device: "cpu",
  optimizer: "adam",
  warmup: 50,
  clip: 1,
  seed: 0,
  validFraction: 0.1,
  keep: 2,
} as const;

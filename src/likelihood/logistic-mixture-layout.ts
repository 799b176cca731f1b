// The layout of a pixel's logits, for the graph and for the masses. The kernel that draws,
// `src/kernels/logistic-mixture.ts`, uses the same numbers.

/** Components of the mixture. */
export const COMPONENTS = 10;

/** Bounds of the logarithms of the scales: the lower one is the paper's; with the upper one no scale overflows. */
export const LOG_SCALES = { least: -7, largest: 30 } as const;

/**
 * Where the logits of a picture's channel start. First come the weights of the components; then, for each channel,
 * the means, the log-scales and the coefficients for each earlier channel, of all components.
 */
export const startOfChannel = (channel: number): number =>
  COMPONENTS * (1 + 2 * channel + (channel * (channel - 1)) / 2);

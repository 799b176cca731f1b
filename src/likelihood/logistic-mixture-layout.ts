// What the logits of a pixel are, for the graph and for the draw. The kernel that draws,
// `src/kernels/logistic-mixture.ts`, has the same numbers.

/** Components of the mixture. */
export const COMPONENTS = 10;

/** Bounds of the logarithms of the scales: the lower one is the paper's; with the upper one no scale overflows. */
export const LOG_SCALES = { least: -7, largest: 30 } as const;

/**
 * Where the logits of a channel of the picture start: first are those of the components' weights, then come, for each
 * channel, a mean, a log-scale and a coefficient for each channel before it, of every component.
 */
export const startOfChannel = (channel: number): number =>
  COMPONENTS * (1 + 2 * channel + (channel * (channel - 1)) / 2);

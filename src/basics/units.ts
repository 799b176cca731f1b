/** Nats of a whole picture as bits per sub-pixel ("bits/dim"). */
export const bitsPerDim = (nats: number, subPixels: number): number => nats / subPixels / Math.LN2;

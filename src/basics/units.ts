/** Nats of a whole picture as bits per sub-pixel ("bits/dim"). */
export const bitsPerDim = (nats: number, subPixels: number): number => nats / subPixels / Math.LN2;

/** The peak ratio of signal to noise that is reported of a picture that is reproduced exactly, in dB. */
export const LARGEST_PSNR = 100;

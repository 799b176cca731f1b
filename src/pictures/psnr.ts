import { LARGEST_PSNR } from "../basics/units.ts";

/** The peak ratio of signal to noise of two pictures of 8-bit values in dB, at most `LARGEST_PSNR`. */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  const squares = a.reduce((sum, value, i) => sum + ((value - b[i]!) / 255) ** 2, 0);
  return Math.min(-10 * Math.log10(squares / a.length), LARGEST_PSNR);
}

import type { Score } from "../tasks/score.ts";

/** A score as people read it. */
export const scoreText = (scored: Score): string =>
  `${scored.images} ${scored.images === 1 ? "picture" : "pictures"}: ${scored.nllNats.toFixed(3)}${standardError(scored)} nats, ` +
  `${scored.bitsPerDim.toFixed(4)} bits/dim${ofBound(scored)}${ofClasses(scored)}${ofGiven(scored)}${ofFidelity(scored)}`;

/** One picture says nothing of how much pictures differ. */
const standardError = ({ images, nllNatsStandardError }: Score): string =>
  images === 1 ? "" : ` ± ${nllNatsStandardError.toFixed(3)}`;

/** What the numbers are, if they are not the likelihood itself. */
function ofBound({ bound, importanceSamples }: Score): string {
  if (bound === undefined) return "";
  const what = {
    elbo: "ELBO",
    codes: "-log P(codes) - log p(picture | codes)",
    "importance-weighted": `${importanceSamples} importance samples`,
  }[bound];
  return ` (upper bounds: ${what})`;
}

/** What is given of each picture. */
const ofGiven = ({ givenPixels: given }: Score): string =>
  given === undefined ? "" : `, of the pixels beside ${given} given ones`;

/** What codes keep of the pictures. */
function ofFidelity({ fidelity }: Score): string {
  if (fidelity === undefined) return "";
  const { psnr, ssim, codeBitsPerPixel, perplexity, codesUsed } = fidelity;
  return (
    `; reconstructed with PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(4)}; codes of ` +
    `${codeBitsPerPixel.toFixed(4)} bits/pixel, ${(100 * codesUsed).toFixed(1)} % of them used, perplexity ${perplexity.toFixed(1)}`
  );
}

/** What p is of, and how often the likeliest class was right. */
function ofClasses({ images, classes, accuracy }: Score): string {
  if (classes === undefined) return "";
  if (classes === "given") return ", given their classes";
  const right =
    accuracy === undefined ? "" : `: ${(100 * accuracy).toFixed(2)} % of ${images} classified correctly`;
  return `, classes summed out${right}`;
}

import type { Score } from "../tasks/score.ts";

/** A score as people read it. */
export const scoreText = (scored: Score): string =>
  `${scored.images} ${scored.images === 1 ? "picture" : "pictures"}: ${scored.nllNats.toFixed(3)}${standardError(scored)} nats, ` +
  `${scored.bitsPerDim.toFixed(4)} bits/dim${ofBound(scored)}${ofClasses(scored)}`;

/** One picture says nothing of how much pictures differ. */
const standardError = ({ images, nllNatsStandardError }: Score): string =>
  images === 1 ? "" : ` ± ${nllNatsStandardError.toFixed(3)}`;

/** What the numbers are, if they are not the likelihood itself. */
function ofBound({ bound, importanceSamples }: Score): string {
  if (bound === undefined) return "";
  const what = bound === "elbo" ? "ELBO" : `${importanceSamples} importance samples`;
  return ` (upper bounds: ${what})`;
}

/** What p is of, and how often the likeliest class was right. */
function ofClasses({ images, classes, accuracy }: Score): string {
  if (classes === undefined) return "";
  if (classes === "given") return ", given their classes";
  const right =
    accuracy === undefined ? "" : `: ${(100 * accuracy).toFixed(2)} % of ${images} classified correctly`;
  return `, classes summed out${right}`;
}

import { recordedSpeeds } from "../run/metrics.ts";

/**
 * Seconds that the training steps of a run took, without validations and previews, as its metrics tell them: a record
 * has the speed since the one before. Undefined if there is none.
 */
export async function trainingSeconds(run: string, batch: number): Promise<number | undefined> {
  let [before, seconds] = [0, 0];
  for (const { step, imagesPerSecond } of await recordedSpeeds(run)) {
    seconds += ((step - before) * batch) / imagesPerSecond;
    before = step;
  }
  return before === 0 ? undefined : seconds;
}

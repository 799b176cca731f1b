import type { Observer, PictureClass } from "../../browser.ts";
import { logPrior } from "../../data/classes.ts";
import { classMixture } from "../../programs/class-mixture.ts";
import type { Conversations, PictureScore } from "./messages.ts";

/** Scores a picture: of a class, or with the class summed out if the network knows classes and none is chosen. */
export async function scorePicture(
  observer: Observer,
  classes: readonly PictureClass[],
  { picture, class: chosen }: Conversations["score"]["question"],
  signal: AbortSignal,
): Promise<PictureScore> {
  if (classes.length === 0 || chosen !== undefined) {
    return { nats: await natsOf(observer, picture, chosen, signal), posterior: undefined };
  }
  const perClass: Float32Array[] = [];
  for (const { name } of classes) perClass.push(await natsOf(observer, picture, name, signal));
  const { perSubPixel, posteriors } = classMixture(perClass, logPrior(classes), observer.size);
  return { nats: perSubPixel, posterior: posteriors[0] };
}

/** -log p of every sub-pixel in nats, [channels, rows, cols]. */
async function natsOf(
  observer: Observer,
  picture: Uint8Array,
  name: string | undefined,
  signal: AbortSignal,
): Promise<Float32Array> {
  const { channels, rows, cols } = observer.size;
  const given = { levels: picture, isGiven: new Uint8Array(rows * cols).fill(1) };
  const nats = new Float32Array(picture.length);
  const classes = name === undefined ? undefined : [name];
  for await (const row of observer.observe({ given, classes, signal })) {
    for (let channel = 0; channel < channels; channel++) {
      const line = row.nats.subarray(channel * cols, (channel + 1) * cols);
      nats.set(line, (channel * rows + row.row) * cols);
    }
  }
  return nats;
}

import { pictureLength, type Dataset } from "../data/dataset.ts";
import { dequantise } from "../data/quantise.ts";
import { readAhead } from "../data/read-ahead.ts";
import { Opened } from "../basics/opened.ts";
import { capability } from "../families/by-name.ts";
import { newCodeUsage } from "../families/code-usage.ts";
import { psnr } from "../pictures/psnr.ts";
import { ssim } from "../pictures/ssim.ts";
import { openForward } from "../programs/forward.ts";
import { openDecoder, openEncoder } from "../programs/latents.ts";
import { roundedLevels } from "../programs/picture-output.ts";
import type { SavedModel } from "../run/saved-model.ts";
import type { SessionOptions } from "../runtime/ort.ts";
import { cores } from "../runtime/workers/node.ts";

/** How much of pictures codes keep: means over pictures, of 8-bit values. */
export interface Fidelity {
  /** Peak ratio of signal to noise in dB. */
  readonly psnr: number;
  /** Structural similarity, see `ssim`. */
  readonly ssim: number;
  /** Bits of a pixel's part of the codes, if all codes are equally likely. */
  readonly codeBitsPerPixel: number;
  /** See `CodeUsage`. */
  readonly perplexity: number;
  readonly codesUsed: number;
}

/** Encodes the first `count` pictures of a data set, decodes the codes, and compares. */
export async function fidelityOf(
  model: SavedModel,
  dataset: Dataset,
  count: number,
  { threads }: Pick<SessionOptions, "threads">,
): Promise<Fidelity> {
  const form = capability(model.config, "codes")(model.config);
  const maps = capability(model.config, "latents");
  const runtime = { cores: () => threads ?? cores(), openForward };
  const usage = newCodeUsage(form);
  const { size, levels } = dataset;
  const length = pictureLength(size);
  let [ofPsnr, ofSsim] = [0, 0];
  const opened = new Opened();
  try {
    const encoder = await opened.add(openEncoder(maps, model, count, runtime));
    const decoder = await opened.add(openDecoder(maps, model, count, runtime));
    const { batch } = encoder;
    const numbersFrom = (first: number) =>
      Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i);
    const next = readAhead((i) => dataset.read(numbersFrom(i * batch)), 0, Math.ceil(count / batch));
    for (let first = 0; first < count; first += batch) {
      const pictures = await next();
      const some = pictures.length / length;
      const groups = await encoder.latents(pictures);
      usage.add(roundedLevels(groups[0]!, form.levels), some);
      const made = dequantise(await decoder.pictures({ count: some, groups, classes: undefined }), levels);
      const given = dequantise(pictures, levels);
      for (let i = 0; i < some; i++) {
        const part = (all: Uint8Array) => all.subarray(i * length, (i + 1) * length);
        ofPsnr += psnr(part(given), part(made));
        ofSsim += ssim(part(given), part(made), size);
      }
    }
  } finally {
    await opened.close();
  }
  return {
    psnr: ofPsnr / count,
    ssim: ofSsim / count,
    codeBitsPerPixel: (form.channels * Math.log2(form.levels)) / form.downsampling ** 2,
    perplexity: usage.perplexity(),
    codesUsed: usage.share(),
  };
}

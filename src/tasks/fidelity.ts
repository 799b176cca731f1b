import { pictureLength, type Dataset } from "../data/dataset.ts";
import { dequantise } from "../data/quantise.ts";
import { capability } from "../families/by-name.ts";
import { newCodeUsage } from "../families/code-usage.ts";
import { psnr } from "../pictures/psnr.ts";
import { ssim } from "../pictures/ssim.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { decodeCodes, encodePictures } from "./codes.ts";
import { subset } from "../data/dataset.ts";

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

/** Pictures that are encoded and decoded together. */
const AT_ONCE = 64;

/** Encodes the first `count` pictures of a data set, decodes the codes, and compares. @throws as `encodePictures` */
export async function fidelityOf(model: SavedModel, dataset: Dataset, count: number): Promise<Fidelity> {
  const form = capability(model.config, "codes")(model.config);
  const usage = newCodeUsage(form);
  const { size, levels } = dataset;
  const length = pictureLength(size);
  let [ofPsnr, ofSsim] = [0, 0];
  for (let first = 0; first < count; first += AT_ONCE) {
    const some = Math.min(AT_ONCE, count - first);
    const part = subset(
      dataset,
      Uint32Array.from({ length: some }, (_, i) => first + i),
    );
    const maps = await encodePictures(model, part);
    usage.add(maps.codes, some);
    const made = dequantise((await decodeCodes(model, maps)).pictures, levels);
    const given = dequantise(await part.read(Array.from({ length: some }, (_, i) => i)), levels);
    for (let i = 0; i < some; i++) {
      const [a, b] = [given, made].map((all) => all.subarray(i * length, (i + 1) * length)) as [
        Uint8Array,
        Uint8Array,
      ];
      ofPsnr += psnr(a, b);
      ofSsim += ssim(a, b, size);
    }
  }
  return {
    psnr: ofPsnr / count,
    ssim: ofSsim / count,
    codeBitsPerPixel: (form.channels * Math.log2(form.levels)) / form.downsampling ** 2,
    perplexity: usage.perplexity(),
    codesUsed: usage.share(),
  };
}

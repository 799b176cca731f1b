import { expected } from "../basics/errors.ts";
import type { CodeForm } from "../models/model.ts";
import { openDecoder, type Decoder, type LatentMaps } from "./latents.ts";
import type { NetworkConfig } from "./network.ts";
import { scaledLevels } from "./picture-output.ts";
import type { Place } from "./sampler.ts";
import type { PartVectors } from "./trainable.ts";

/** A trained tokenizer, and the size of the pictures that are to be made. */
export interface Decoding {
  readonly config: NetworkConfig;
  readonly weights: PartVectors;
  readonly form: CodeForm;
  readonly latents: LatentMaps;
}

/** Rows of codes, first .. end-1. */
export interface Band {
  readonly first: number;
  readonly end: number;
}

/** Decodes maps of codes from above, while the rows below are not known yet. */
export interface RowDecoder {
  /**
   * The next rows of codes of which all pixels can be decoded, when so many rows of codes are known and so many were
   * decoded; undefined if it takes more.
   */
  next(known: number, decoded: number): Band | undefined;
  /** The pixels of a band: levels [colours, rows, cols]. `codes` are those of one whole map, with anything below. */
  decode(codes: Uint8Array, band: Band): Promise<Uint8Array>;
  close(): void;
}

/** Rows of codes that are decoded together. */
const BAND = 8;

/**
 * Opens a decoder. It decodes a window of the map that reaches beyond the band as far as the band's pixels depend on
 * codes, so that memory does not grow with the height of the picture, and one program decodes all windows.
 *
 * @throws ARGUMENT where whole networks cannot be run
 */
export function openRowDecoder(
  { config, weights, form, latents }: Decoding,
  threads: number,
  { openForward }: Pick<Place, "openForward">,
): RowDecoder {
  if (!openForward)
    throw expected(
      "ARGUMENT",
      "a model that draws no codes of a tokenizer",
      "a browser",
      config.model,
      "model",
    );
  const { channels, levels, downsampling, reach } = form;
  const [rows, cols] = [config.size.rows / downsampling, config.size.cols / downsampling];
  const height = Math.min(rows, BAND + 2 * reach);
  const size = { ...config.size, rows: height * downsampling };
  const model = { config: { ...config, size }, weights };
  let opening: Promise<Decoder> | undefined;

  return {
    next(known, decoded) {
      const end = Math.min(decoded + BAND, rows);
      return decoded < rows && known >= Math.min(end + reach, rows) ? { first: decoded, end } : undefined;
    },
    async decode(codes, { first, end }) {
      const start = Math.min(Math.max(first - reach, 0), rows - height);
      const window = new Uint8Array(channels * height * cols);
      for (let c = 0; c < channels; c++) {
        const from = (c * rows + start) * cols;
        window.set(codes.subarray(from, from + height * cols), c * height * cols);
      }
      opening ??= openDecoder(latents, model, 1, { cores: () => threads, openForward });
      const groups = [scaledLevels(window, levels)];
      const made = await (await opening).pictures({ count: 1, groups, classes: undefined });
      const [line, area] = [size.cols * downsampling, size.rows * size.cols];
      const band = new Uint8Array(size.channels * (end - first) * line);
      for (let colour = 0; colour < size.channels; colour++) {
        const from = colour * area + (first - start) * line;
        band.set(made.subarray(from, from + (end - first) * line), colour * (end - first) * line);
      }
      return band;
    },
    close() {
      opening?.then(
        (decoder) => decoder.close(),
        () => undefined,
      );
    },
  };
}

import { NextpixelError, wholeNumber } from "../basics/errors.ts";
import { pictureLength } from "../data/dataset.ts";
import type { GivenPixels } from "../runtime/step/draw.ts";
import { placeRow, type SampleEvent } from "../runtime/step/sampler.ts";
import { MAX_THREADS } from "../runtime/threads.ts";
import { codesGiven, filledFromNearest, keepGiven } from "./given-codes.ts";
import { checkGiven } from "./given-pixels.ts";
import { encode } from "./latents.ts";
import { roundedLevels } from "./picture-output.ts";
import { openRowDecoder, type Band, type Decoding } from "./row-decoder.ts";
import { checkCount, type Place, type Sampler, type SamplerOptions, type StreamOptions } from "./sampler.ts";

/**
 * A sampler of pictures from one of maps of codes, which it takes over. The rows of a picture come as soon as the codes
 * are drawn that they depend on. Each picture is decoded by itself, so that it is the same whatever is drawn beside it.
 *
 * Of given pixels, those codes are given all of whose pixels are. They are what the encoder makes of the given pixels,
 * where missing ones have the levels of the nearest given one. Pixels that are given stay exactly as they are.
 *
 * @throws as `openRowDecoder`
 */
export function openCodeSampler(
  codes: Sampler,
  decoding: Decoding,
  options: Pick<SamplerOptions, "workers">,
  place: Place,
): Sampler {
  const { config, form, weights, latents } = decoding;
  const { size, levels } = config;
  const threads = wholeNumber(options.workers ?? place.cores(), "the number of workers", 1, MAX_THREADS);
  const decoder = openRowDecoder(decoding, threads, place);
  const codeLength = pictureLength(codes.size);
  let isClosed = false;

  async function encoded(given: GivenPixels): Promise<GivenPixels> {
    const isGiven = codesGiven(given.isGiven, size, form.downsampling);
    const count = given.levels.length / pictureLength(size);
    if (!isGiven.includes(1)) return { levels: new Uint8Array(count * codeLength), isGiven };
    const pictures = filledFromNearest(given, size);
    const runtime = { cores: () => threads, openForward: place.openForward! };
    const found = await encode(latents, { config, weights }, { pictures, labels: undefined }, runtime);
    return { levels: roundedLevels(found.groups[0]!, form.levels), isGiven };
  }

  /** The rows of pixels of a band of all pictures that are drawn together. */
  async function* decoded(
    { first, count }: Pick<SampleEvent, "first" | "count">,
    maps: Uint8Array,
    band: Band,
    given: GivenPixels | undefined,
  ): AsyncGenerator<SampleEvent> {
    const top = band.first * form.downsampling;
    const rows = (band.end - band.first) * form.downsampling;
    const line = size.channels * size.cols;
    const levels = Array.from({ length: rows }, () => new Uint8Array(count * line));
    for (let i = 0; i < count; i++) {
      if (isClosed) throw closedError();
      const pixels = await decoder.decode(maps.subarray(i * codeLength, (i + 1) * codeLength), band);
      if (given) keepGiven(pixels, given, first + i, size, top);
      for (let channel = 0; channel < size.channels; channel++)
        for (let row = 0; row < rows; row++) {
          const from = (channel * rows + row) * size.cols;
          levels[row]!.set(pixels.subarray(from, from + size.cols), i * line + channel * size.cols);
        }
    }
    for (const [row, values] of levels.entries())
      yield { kind: "row", first, count, row: top + row, levels: values };
  }

  async function* stream({ given, ...options }: StreamOptions): AsyncGenerator<SampleEvent, void> {
    /** Of pictures that are drawn together: their codes so far, and rows of these that are decoded. */
    const drawing = new Map<number, { readonly maps: Uint8Array; decoded: number }>();
    const ofCodes = given && (await encoded(given));
    for await (const event of codes.stream({ ...options, given: ofCodes })) {
      const { first, count } = event;
      if (event.kind === "pictures") {
        drawing.delete(first);
        yield { kind: "pictures", first, count, nats: undefined };
        continue;
      }
      const state = drawing.get(first) ?? { maps: new Uint8Array(count * codeLength), decoded: 0 };
      drawing.set(first, state);
      placeRow(state.maps, codes.size, { ...event, first: 0 });
      const known = event.row + 1;
      for (;;) {
        const band = decoder.next(known, state.decoded);
        if (!band) break;
        yield* decoded(event, state.maps, band, given);
        state.decoded = band.end;
      }
    }
  }

  return {
    size,
    levels,
    // The decoder is run by ONNX Runtime, which does not tell in advance.
    bytesFor: () => undefined,
    stream(options) {
      checkCount(options.count, size);
      if (options.given) checkGiven(options.given, options.count, size, levels);
      return stream(options);
    },
    close() {
      isClosed = true;
      decoder.close();
      codes.close();
    },
  };
}

const closedError = () => new NextpixelError("INTERRUPTED", "the sampler was closed: open another to draw");

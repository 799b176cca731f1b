import { expected } from "../basics/errors.ts";
import type { Animation } from "./animation.ts";

const MAX_COLOURS = 256;
const MAX_EXTENT = 65_535;
/** Levels of red, green and blue of the palette where there are more colours than that: 252 in all. */
const STEPS = [6, 7, 6] as const;

/**
 * An animation as a GIF file (GIF89a), which is shown over and over. Up to 256 different colours are kept as they are;
 * of more, each becomes one of 252 that are spread evenly. @throws ARGUMENT if it is too large for the format.
 */
export function encodeGif({ width, height, data, delays }: Animation): Uint8Array {
  if (Math.max(width, height) > MAX_EXTENT) {
    throw expected(
      "ARGUMENT",
      `at most ${MAX_EXTENT} pixels`,
      "the extent of a GIF",
      Math.max(width, height),
    );
  }
  const { palette, indices } = indexed(data);
  const bits = Math.max(1, Math.ceil(Math.log2(palette.length / 3)));
  const out = new Bytes();
  out.text("GIF89a");
  out.words(width, height);
  out.bytes(0x80 | (bits - 1), 0, 0);
  out.bytes(...palette, ...new Uint8Array(3 * 2 ** bits - palette.length));
  // Netscape's extension: for ever.
  out.bytes(0x21, 0xff, 11);
  out.text("NETSCAPE2.0");
  out.bytes(3, 1, 0, 0, 0);
  const pixels = width * height;
  delays.forEach((delay, frame) => {
    const own = indices.subarray(frame * pixels, (frame + 1) * pixels);
    const before = frame > 0 ? indices.subarray((frame - 1) * pixels, frame * pixels) : undefined;
    const { left, top, right, bottom } = changed(own, before, width, height);
    // What is not in this frame stays as it was.
    out.bytes(0x21, 0xf9, 4, 1 << 2);
    out.words(Math.round(delay / 10));
    out.bytes(0, 0, 0x2c);
    out.words(left, top, right - left, bottom - top);
    out.bytes(0);
    const part = new Uint8Array((right - left) * (bottom - top));
    for (let row = top; row < bottom; row++) {
      const line = own.subarray(row * width + left, row * width + right);
      part.set(line, (row - top) * (right - left));
    }
    writeCompressed(out, part, Math.max(2, bits));
  });
  out.bytes(0x3b);
  return out.all();
}

/** The colours of pixels [.., 3], and the number of each pixel's colour. */
function indexed(data: Uint8Array): { palette: number[]; indices: Uint8Array } {
  const numbers = new Map<number, number>();
  const indices = new Uint8Array(data.length / 3);
  for (let pixel = 0; pixel < indices.length; pixel++) {
    const colour = (data[3 * pixel]! << 16) | (data[3 * pixel + 1]! << 8) | data[3 * pixel + 2]!;
    let number = numbers.get(colour);
    if (number === undefined) {
      if (numbers.size === MAX_COLOURS) return evenly(data);
      numbers.set(colour, (number = numbers.size));
    }
    indices[pixel] = number;
  }
  return { palette: [...numbers.keys()].flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]), indices };
}

/** The same with colours that are spread evenly. */
function evenly(data: Uint8Array): { palette: number[]; indices: Uint8Array } {
  const [reds, greens, blues] = STEPS;
  const palette: number[] = [];
  for (let red = 0; red < reds; red++)
    for (let green = 0; green < greens; green++)
      for (let blue = 0; blue < blues; blue++) {
        palette.push(...[red, green, blue].map((step, c) => Math.round((255 * step) / (STEPS[c]! - 1))));
      }
  const stepOf = (value: number, steps: number) => Math.round((value * (steps - 1)) / 255);
  const indices = Uint8Array.from({ length: data.length / 3 }, (_, pixel) => {
    const [red, green, blue] = STEPS.map((steps, c) => stepOf(data[3 * pixel + c]!, steps));
    return (red! * greens + green!) * blues + blue!;
  });
  return { palette, indices };
}

/** The smallest rectangle with all that has changed, of at least one pixel. */
function changed(own: Uint8Array, before: Uint8Array | undefined, width: number, height: number) {
  if (!before) return { left: 0, top: 0, right: width, bottom: height };
  let [left, top, right, bottom] = [width, height, 0, 0];
  own.forEach((value, pixel) => {
    if (value === before[pixel]) return;
    const [row, col] = [Math.floor(pixel / width), pixel % width];
    [left, top] = [Math.min(left, col), Math.min(top, row)];
    [right, bottom] = [Math.max(right, col + 1), Math.max(bottom, row + 1)];
  });
  return right === 0 ? { left: 0, top: 0, right: 1, bottom: 1 } : { left, top, right, bottom };
}

const MAX_CODES = 4096;
const MAX_BLOCK = 255;

/** LZW as GIF has it: codes of growing width, the first bit lowest, in blocks of up to 255 bytes. */
function writeCompressed(out: Bytes, values: Uint8Array, bits: number): void {
  const [clear, end] = [2 ** bits, 2 ** bits + 1];
  const bytes = new Bytes();
  let [pending, pendingBits] = [0, 0];
  let width = bits + 1;
  const emit = (code: number) => {
    pending |= code << pendingBits;
    pendingBits += width;
    for (; pendingBits >= 8; pendingBits -= 8, pending >>>= 8) bytes.bytes(pending & 255);
  };
  let codes = new Map<number, number>();
  let next = end + 1;
  emit(clear);
  let prefix = values[0]!;
  for (let i = 1; i < values.length; i++) {
    const key = (prefix << 8) | values[i]!;
    const known = codes.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    emit(prefix);
    if (next === MAX_CODES) {
      emit(clear);
      codes = new Map();
      next = end + 1;
      width = bits + 1;
    } else {
      // The reader learns each code one step later than the writer.
      if (next === 2 ** width) width++;
      codes.set(key, next++);
    }
    prefix = values[i]!;
  }
  emit(prefix);
  emit(end);
  if (pendingBits > 0) bytes.bytes(pending & 255);

  out.bytes(bits);
  const all = bytes.all();
  for (let start = 0; start < all.length; start += MAX_BLOCK) {
    const block = all.subarray(start, start + MAX_BLOCK);
    out.bytes(block.length, ...block);
  }
  out.bytes(0);
}

/** Bytes that are written one after the other. */
class Bytes {
  #bytes = new Uint8Array(1024);
  #length = 0;

  bytes(...values: number[]): void {
    if (this.#length + values.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + values.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** Of 16 bits, the lower byte first. */
  words(...values: number[]): void {
    for (const value of values) this.bytes(value & 255, value >> 8);
  }

  text(text: string): void {
    this.bytes(...new TextEncoder().encode(text));
  }

  all(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

import { wholeNumber } from "../basics/errors.ts";
import type { Raster } from "./grid.ts";

const RESET = "\x1b[0m";
/** From dark to bright, for the usual bright letters on a dark screen. */
const RAMP = " .:-=+*#%@";

/**
 * A picture as text, lines joined by newlines. With colour, a character is two pixels, one above the other: the
 * upper is the foreground of a half block, the lower its background. Without, a pixel is two characters, the
 * brighter the denser. A picture wider than `maxColumns` characters is reduced by a whole number.
 */
export function halfBlocks(raster: Raster, options: { color: boolean; maxColumns: number }): string {
  const maxColumns = wholeNumber(options.maxColumns, "columns of the terminal", 1);
  const maxWidth = options.color ? maxColumns : Math.max(1, Math.floor(maxColumns / 2));
  const picture = reduced(raster, Math.max(1, Math.ceil(raster.width / maxWidth)));
  return (options.color ? coloredLines(picture) : plainLines(picture)).join("\n");
}

function coloredLines(raster: Raster): string[] {
  const lines: string[] = [];
  for (let y = 0; y < raster.height; y += 2) {
    let line = "";
    let previous = "";
    for (let x = 0; x < raster.width; x++) {
      const lower = y + 1 < raster.height ? `48;2;${color(raster, x, y + 1).join(";")}` : "49";
      const style = `\x1b[38;2;${color(raster, x, y).join(";")};${lower}m`;
      line += style === previous ? "▀" : `${style}▀`;
      previous = style;
    }
    lines.push(line + RESET);
  }
  return lines;
}

function plainLines(raster: Raster): string[] {
  return Array.from({ length: raster.height }, (_, y) =>
    Array.from({ length: raster.width }, (_, x) => {
      const [red, green, blue] = color(raster, x, y);
      // The luma of ITU-R BT.601 in thousandths, so that the sum is exact.
      const luma = 299 * red + 587 * green + 114 * blue;
      return RAMP[Math.floor((luma * RAMP.length) / 256_000)]!.repeat(2);
    }).join(""),
  );
}

function color({ width, channels, data }: Raster, x: number, y: number): [number, number, number] {
  const at = (y * width + x) * channels;
  return channels === 1 ? [data[at]!, data[at]!, data[at]!] : [data[at]!, data[at + 1]!, data[at + 2]!];
}

/** A picture smaller by a whole factor: each pixel is the mean of a square of pixels, or of what there is of it. */
function reduced(raster: Raster, factor: number): Raster {
  if (factor === 1) return raster;
  const { channels } = raster;
  const width = Math.ceil(raster.width / factor);
  const height = Math.ceil(raster.height / factor);
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const channel = i % channels;
    const left = (Math.floor(i / channels) % width) * factor;
    const top = Math.floor(i / channels / width) * factor;
    const right = Math.min(left + factor, raster.width);
    const bottom = Math.min(top + factor, raster.height);
    let sum = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) sum += raster.data[(y * raster.width + x) * channels + channel]!;
    }
    data[i] = Math.round(sum / ((right - left) * (bottom - top)));
  }
  return { width, height, channels, data };
}

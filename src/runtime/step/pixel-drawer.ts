import { decisionMemory, drawn, type Distribution } from "./decide.ts";
import { openKernels } from "./kernels.ts";
import { placeOfAllPixels, Reservations } from "./layout.ts";

/** Draws pictures whose logits are all known, since no pixel depends on another one. */
export interface PixelDrawer {
  /** Draws picture `picture` of a seed, [channels, pixels], from its logits, [logits, pixels]. */
  draw(
    logits: Float32Array,
    options: { readonly seed: number; readonly picture: number; readonly temperature: number },
  ): Uint8Array;
}

/**
 * Opens a drawer of pictures of so many channels and pixels. What is drawn is what a sampler would draw of these
 * logits.
 */
export async function openPixelDrawer(
  distribution: Distribution,
  { channels, logits, pixels }: { channels: number; logits: number; pixels: number },
): Promise<PixelDrawer> {
  const reservations = new Reservations();
  // The numbers of a pixel lie together. Kernels read whole vectors, beyond the last pixel too.
  const field = (maps: number) =>
    placeOfAllPixels(reservations.reserve(4 * (maps * pixels + VECTOR)), 4 * maps);
  const [from, to] = [field(logits), field(channels)];
  const memory = decisionMemory(reservations.end, pixels, distribution.levels);
  const {
    kernels,
    memory: { buffer },
  } = await openKernels(memory.end);
  const [floats, doubles] = [new Float32Array(buffer), new Float64Array(buffer)];
  const program = { channels, cols: pixels, logits: { channels: logits } };
  const machine = { program, kernels, floats, doubles, logits: from, picture: to, pictures: pixels };
  return {
    draw(values, { seed, picture, temperature }) {
      transpose(values, floats.subarray(from.base / 4), logits, pixels);
      const draw = drawn(
        distribution,
        { seed, temperature, first: picture, arePixels: true },
        machine,
        memory,
      );
      for (let channel = 0; channel < channels; channel++) draw({ row: 0, col: 0, channel });
      const levels = new Uint8Array(channels * pixels);
      transpose(floats.subarray(to.base / 4), levels, pixels, channels);
      return levels;
    },
  };
}

/** Floats that a kernel reads at once. */
const VECTOR = 16;

/** [rows, cols] to [cols, rows]. */
function transpose(from: Float32Array, to: Float32Array | Uint8Array, rows: number, cols: number): void {
  if (rows === 1 || cols === 1) to.set(from.subarray(0, rows * cols));
  else
    for (let row = 0; row < rows; row++)
      for (let col = 0; col < cols; col++) to[col * rows + row] = from[row * cols + col]!;
}

import sharp from "sharp";

/** A PNG file whose pixels follow from `seed`. */
export function pngFile(seed: number, cols: number, rows: number, channels: 1 | 3 = 3): Promise<Buffer> {
  const data = Uint8Array.from({ length: rows * cols * channels }, (_, i) => (seed * 37 + i * i * 11) % 256);
  const raw = sharp(data, { raw: { width: cols, height: rows, channels } });
  return (channels === 1 ? raw.toColourspace("b-w") : raw).png().toBuffer();
}

/** `count` different PNG files by path, in `folder`. */
export async function pngFiles(
  folder: string,
  count: number,
  cols: number,
  rows: number,
): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < count; i++) files[`${folder}/${i}.png`] = await pngFile(i, cols, rows);
  return files;
}

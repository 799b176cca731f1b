/**
 * The uniform numbers, f64 in (0, 1), that draw a sub-pixel of several pictures, or several pixels of a picture. Each
 * is a function of seed (the key), picture, pixel and channel, and of nothing else: word 0 of Philox4x32-10 (see
 * `src/basics/philox.ts`) of the counter (picture, pixel, channel, purpose).
 */
export function pixelUniforms(
  out: usize,
  count: i32,
  keyLow: u32,
  keyHigh: u32,
  picture: u32,
  pictureStep: u32,
  pixel: u32,
  pixelStep: u32,
  channel: u32,
  purpose: u32,
): void {
  for (let i = 0; i < count; i++) {
    let c0 = picture;
    let c1 = pixel;
    let c2 = channel;
    let c3 = purpose;
    let k0 = keyLow;
    let k1 = keyHigh;
    for (let round = 0; round < 10; round++) {
      const product0 = <u64>0xd2511f53 * <u64>c0;
      const product1 = <u64>0xcd9e8d57 * <u64>c2;
      c0 = <u32>(product1 >> 32) ^ c1 ^ k0;
      c1 = <u32>product1;
      c2 = <u32>(product0 >> 32) ^ c3 ^ k1;
      c3 = <u32>product0;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    store<f64>(out, (<f64>c0 + 0.5) / 4294967296);
    out += 8;
    picture += pictureStep;
    pixel += pixelStep;
  }
}

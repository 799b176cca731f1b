import * as fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import type { Animation } from "../../src/pictures/animation.ts";
import { encodeGif } from "../../src/pictures/gif.ts";

/** Frames as another program reads them: red, green and blue, and how long each is shown. */
async function decoded(bytes: Uint8Array) {
  const image = sharp(bytes, { animated: true });
  const { pages, delay, loop } = await image.metadata();
  return { pages, delay, loop, data: new Uint8Array(await image.removeAlpha().raw().toBuffer()) };
}

test("frames of up to 256 colours are read as they were written", async () => {
  const animations = fc
    .record({
      width: fc.integer({ min: 1, max: 90 }),
      height: fc.integer({ min: 1, max: 60 }),
      colours: fc.constantFrom(1, 2, 3, 4, 5, 16, 17, 255, 256),
      frames: fc.integer({ min: 2, max: 4 }),
      // Of what changes from frame to frame.
      share: fc.constantFrom(0, 0.01, 1),
      seed: fc.nat(),
    })
    .map(({ width, height, colours, frames, share, seed }): Animation => {
      let state = seed | 1;
      const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
      const pixels = width * height;
      const numbers = new Uint8Array(frames * pixels);
      for (let i = 0; i < numbers.length; i++) {
        const isNew = i < pixels || random() < share;
        numbers[i] = isNew ? Math.floor(random() * colours) : numbers[i - pixels]!;
      }
      const data = Uint8Array.from({ length: 3 * numbers.length }, (_, i) =>
        i % 3 === 0 ? numbers[Math.floor(i / 3)]! : (numbers[Math.floor(i / 3)]! * 7) % 256,
      );
      return { width, height, data, delays: Array.from({ length: frames }, (_, k) => 50 + 10 * k) };
    });
  await fc.assert(
    fc.asyncProperty(animations, async (animation) => {
      const { data, delay, loop } = await decoded(encodeGif(animation));
      expect(loop).toBe(0);
      expect(delay).toEqual(animation.delays);
      expect(Buffer.compare(data, animation.data)).toBe(0);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test("of more colours each becomes one near it", async () => {
  const data = Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * 7919) % 256);
  const found = await decoded(encodeGif({ width: 64, height: 64, data, delays: [100] }));
  const furthest = data.reduce((most, value, i) => Math.max(most, Math.abs(value - found.data[i]!)), 0);
  expect(furthest).toBeLessThanOrEqual(26);
});

test("a GIF has a largest extent", () => {
  const animation = { width: 65_536, height: 1, data: new Uint8Array(3 * 65_536), delays: [10] };
  expect(() => encodeGif(animation)).toThrow(/at most 65535 pixels/);
});

/**
 * Philox4x32-10, a counter-based random number generator (Salmon, Moraes, Dror, Shaw: "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011): ten rounds of multiplication and exchange turn a 128-bit counter and a 64-bit
 * key into 128 random bits. There is no state to carry, so a draw depends on what it is for (which picture, which
 * pixel) and never on what was drawn before.
 */
export type PhiloxCounter = readonly [number, number, number, number];
export type PhiloxKey = readonly [number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** The four random 32-bit words (each 0 .. 2^32-1) that belong to a counter and a key. */
export function philox4x32(counter: PhiloxCounter, key: PhiloxKey): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/**
 * Upper 32 bits of the unsigned 64-bit product. Of 16-bit halves every product and sum here is below 2^32, so that 32-bit
 * arithmetic, which is fast, loses nothing.
 */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/**
 * What a stream of random numbers is for. Each purpose is a counter word of its own, so that, under one seed,
 * the draws of the pixels never meet those of the weights or of the order of the training pictures.
 */
export const Purpose = {
  pixels: 0,
  weights: 1,
  order: 2,
  split: 3,
  noise: 4,
  views: 5,
  stacks: 6,
  stages: 7,
} as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

/** The key of a seed: any whole number from 0 to 2^53-1, its low and its high word. */
export function seedKey(seed: number): PhiloxKey {
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/** A seed for each stage of what is drawn in several, so that their draws never meet; that of stage 0 is the seed itself. */
export function seedOfStage(seed: number, stage: number): number {
  if (stage === 0) return seed;
  const [low, high] = philox4x32([stage, 0, 0, Purpose.stages], seedKey(seed));
  return (high >>> 11) * 2 ** 32 + low;
}

/** A uniform number in the open interval (0, 1) from a 32-bit word. */
export function uniform(word: number): number {
  return (word + 0.5) / 2 ** 32;
}

/** A seeded permutation of 0 .. count-1 (Fisher-Yates); `stream` tells permutations of one purpose apart. */
export function permutation(count: number, seed: number, purpose: Purpose, stream = 0): Uint32Array {
  const key = seedKey(seed);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform(philox4x32([i, stream, 0, purpose], key)[0]) * (i + 1));
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}

import { store } from "./store";

/** Outputs that are computed together: four vectors. */
const BLOCK: i32 = 16;
const BLOCK_BYTES: usize = 64;
const TAP_BYTES: usize = 12;

/**
 * out[m, o] = bias[o] + sum over taps and their channels k of x_tap[m, k] * w[tap, k, o], then + add[m, o] if there
 * is one, then ReLU if asked for.
 *
 * A table of taps tells what is read: for each tap three u32, the address of x_tap[0, 0], the bytes from one m to the
 * next, and its channels. Weights lie in blocks of 16 outputs: [ceil(outputs / 16)][taps and channels][16], the last
 * block filled up with zeros, as is `bias`. A convolution is one tap for each tap of its kernel, a matrix product one
 * tap.
 *
 * Each output adds its products one after the other in the order of the table, whatever m is computed next to it: the
 * bits do not depend on the batch, nor on whether a pixel or a whole row is computed. Two rows by four vectors is
 * what keeps the sums, the weights and the products in V8's 16 vector registers (45 GFLOP/s on a Zen 4 core; 4 x 2 as
 * fast; larger tiles and unrolled loops, which spill, 20 to 30).
 */
export function convolution(
  taps: usize,
  tapCount: i32,
  depth: i32,
  weights: usize,
  bias: usize,
  add: usize,
  addStride: usize,
  out: usize,
  outStride: usize,
  rows: i32,
  outputs: i32,
  isRelu: i32,
): void {
  const tapsEnd = taps + <usize>tapCount * TAP_BYTES;
  for (let output = 0; output < outputs; output += BLOCK) {
    const count = outputs - output;
    let to = out + ((<usize>output) << 2);
    let from: usize = add == 0 ? 0 : add + ((<usize>output) << 2);
    let m = 0;
    for (; m + 1 < rows; m += 2) {
      pair(taps, tapsEnd, m, weights, bias, from, addStride, to, outStride, count, isRelu);
      to += outStride * 2;
      from += from == 0 ? 0 : addStride * 2;
    }
    if (m < rows) single(taps, tapsEnd, m, weights, bias, from, to, count, isRelu);
    weights += <usize>depth * BLOCK_BYTES;
    bias += BLOCK_BYTES;
  }
}

/** Rows m and m + 1 of a block. */
function pair(
  taps: usize,
  tapsEnd: usize,
  m: i32,
  weights: usize,
  bias: usize,
  add: usize,
  addStride: usize,
  out: usize,
  outStride: usize,
  count: i32,
  isRelu: i32,
): void {
  let a0 = v128.load(bias, 0);
  let a1 = v128.load(bias, 16);
  let a2 = v128.load(bias, 32);
  let a3 = v128.load(bias, 48);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  for (let tap = taps; tap < tapsEnd; tap += TAP_BYTES) {
    const stride = <usize>load<u32>(tap, 4);
    let x0 = <usize>load<u32>(tap) + <usize>m * stride;
    let x1 = x0 + stride;
    const end = x0 + ((<usize>load<u32>(tap, 8)) << 2);
    while (x0 < end) {
      const w0 = v128.load(weights, 0);
      const w1 = v128.load(weights, 16);
      const w2 = v128.load(weights, 32);
      const w3 = v128.load(weights, 48);
      const s0 = v128.load32_splat(x0);
      a0 = f32x4.add(a0, f32x4.mul(s0, w0));
      a1 = f32x4.add(a1, f32x4.mul(s0, w1));
      a2 = f32x4.add(a2, f32x4.mul(s0, w2));
      a3 = f32x4.add(a3, f32x4.mul(s0, w3));
      const s1 = v128.load32_splat(x1);
      b0 = f32x4.add(b0, f32x4.mul(s1, w0));
      b1 = f32x4.add(b1, f32x4.mul(s1, w1));
      b2 = f32x4.add(b2, f32x4.mul(s1, w2));
      b3 = f32x4.add(b3, f32x4.mul(s1, w3));
      weights += BLOCK_BYTES;
      x0 += 4;
      x1 += 4;
    }
  }
  finish(a0, a1, a2, a3, add, out, count, isRelu);
  finish(b0, b1, b2, b3, add == 0 ? 0 : add + addStride, out + outStride, count, isRelu);
}

/** Row m of a block. */
function single(
  taps: usize,
  tapsEnd: usize,
  m: i32,
  weights: usize,
  bias: usize,
  add: usize,
  out: usize,
  count: i32,
  isRelu: i32,
): void {
  let a0 = v128.load(bias, 0);
  let a1 = v128.load(bias, 16);
  let a2 = v128.load(bias, 32);
  let a3 = v128.load(bias, 48);
  for (let tap = taps; tap < tapsEnd; tap += TAP_BYTES) {
    let x = <usize>load<u32>(tap) + <usize>m * <usize>load<u32>(tap, 4);
    const end = x + ((<usize>load<u32>(tap, 8)) << 2);
    while (x < end) {
      const s = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(s, v128.load(weights, 0)));
      a1 = f32x4.add(a1, f32x4.mul(s, v128.load(weights, 16)));
      a2 = f32x4.add(a2, f32x4.mul(s, v128.load(weights, 32)));
      a3 = f32x4.add(a3, f32x4.mul(s, v128.load(weights, 48)));
      weights += BLOCK_BYTES;
      x += 4;
    }
  }
  finish(a0, a1, a2, a3, add, out, count, isRelu);
}

/** Adds, applies ReLU to and stores the sums of one row of a block. */
function finish(
  a0: v128,
  a1: v128,
  a2: v128,
  a3: v128,
  add: usize,
  out: usize,
  count: i32,
  isRelu: i32,
): void {
  if (add != 0) {
    a0 = f32x4.add(a0, v128.load(add, 0));
    a1 = f32x4.add(a1, v128.load(add, 16));
    a2 = f32x4.add(a2, v128.load(add, 32));
    a3 = f32x4.add(a3, v128.load(add, 48));
  }
  if (isRelu) {
    const zero = f32x4.splat(0);
    a0 = f32x4.max(a0, zero);
    a1 = f32x4.max(a1, zero);
    a2 = f32x4.max(a2, zero);
    a3 = f32x4.max(a3, zero);
  }
  store(out, a0, count);
  if (count > 4) store(out + 16, a1, count - 4);
  if (count > 8) store(out + 32, a2, count - 8);
  if (count > 12) store(out + 48, a3, count - 12);
}

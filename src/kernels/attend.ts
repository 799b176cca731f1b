import { store } from "./store";
import * as lanes from "./transcendental";

/**
 * out[m, c] = sum over j of w_j values[m, j, c] with w = softmax over j of q[m] . keys[m, j], for j = 0 ..
 * positions-1; 0 if there are none. Keys and values lie position after position, each position's channels filled up
 * with zeros to a multiple of four; their strides are the bytes from one picture to the next. `scratch` has room for
 * a float for each position, and three more.
 *
 * The order of operations is fixed by the number of positions: scores four by four, by the same tree of sums each;
 * then even and odd positions.
 */
export function attend(
  q: usize,
  qStride: usize,
  keys: usize,
  keysStride: usize,
  keyChannels: i32,
  values: usize,
  valuesStride: usize,
  valueBytes: usize,
  out: usize,
  outStride: usize,
  channels: i32,
  positions: i32,
  pictures: i32,
  scratch: usize,
): void {
  for (let m = 0; m < pictures; m++) {
    if (positions > 0) {
      const largest = scores(q, keys, keyChannels, positions, scratch);
      const total = exponentials(largest, positions, scratch);
      for (let channel = 0; channel < channels; channel += 16) {
        const at = (<usize>channel) << 2;
        weightedSum(values + at, valueBytes, positions, total, scratch, out + at, channels - channel);
      }
    } else {
      memory.fill(out, 0, (<usize>channels) << 2);
    }
    q += qStride;
    keys += keysStride;
    values += valuesStride;
    out += outStride;
  }
}

/** to[j] = q . keys[j]; returns the largest in all lanes. */
function scores(q: usize, keys: usize, channels: i32, positions: i32, to: usize): v128 {
  const bytes = (<usize>((channels + 3) & ~3)) << 2;
  // Memory after the query's last channel holds other values.
  const last = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(((channels - 1) & 3) + 1));
  let largest = f32x4.splat(-Infinity);
  for (let j = 0; j < positions; j += 4) {
    // If fewer than four are left, one score is computed more than once, which does not change the largest.
    const left = positions - j;
    const k0 = keys;
    const k1 = left > 1 ? k0 + bytes : k0;
    const k2 = left > 2 ? k1 + bytes : k0;
    const k3 = left > 3 ? k2 + bytes : k0;
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let at: usize = 0; at < bytes; at += 16) {
      let x = v128.load(q + at);
      if (at + 16 == bytes) x = v128.and(x, last);
      a = f32x4.add(a, f32x4.mul(x, v128.load(k0 + at)));
      b = f32x4.add(b, f32x4.mul(x, v128.load(k1 + at)));
      c = f32x4.add(c, f32x4.mul(x, v128.load(k2 + at)));
      d = f32x4.add(d, f32x4.mul(x, v128.load(k3 + at)));
    }
    const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
    const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
    const four = f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
    v128.store(to + ((<usize>j) << 2), four);
    largest = f32x4.max(largest, four);
    keys += bytes << 2;
  }
  largest = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  return f32x4.max(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
}

/** at[j] = e^(at[j] - largest), and zeros up to a multiple of four; returns their sum. */
function exponentials(largest: v128, positions: i32, at: usize): f32 {
  let total = f32x4.splat(0);
  for (let j = 0; j < positions; j += 4) {
    const isThere = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(positions - j));
    const power = v128.and(lanes.exp(f32x4.sub(v128.load(at), largest)), isThere);
    v128.store(at, power);
    total = f32x4.add(total, power);
    at += 16;
  }
  return (
    f32x4.extract_lane(total, 0) +
    f32x4.extract_lane(total, 1) +
    (f32x4.extract_lane(total, 2) + f32x4.extract_lane(total, 3))
  );
}

/** out[c] = sum over j of weights[j] values[j, c] / total for up to 16 channels. */
function weightedSum(
  values: usize,
  valueBytes: usize,
  positions: i32,
  total: f32,
  weights: usize,
  out: usize,
  count: i32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  let j = 0;
  for (; j + 1 < positions; j += 2) {
    const v = v128.load32_splat(weights, 0);
    a0 = f32x4.add(a0, f32x4.mul(v, v128.load(values, 0)));
    a1 = f32x4.add(a1, f32x4.mul(v, v128.load(values, 16)));
    a2 = f32x4.add(a2, f32x4.mul(v, v128.load(values, 32)));
    a3 = f32x4.add(a3, f32x4.mul(v, v128.load(values, 48)));
    values += valueBytes;
    const w = v128.load32_splat(weights, 4);
    b0 = f32x4.add(b0, f32x4.mul(w, v128.load(values, 0)));
    b1 = f32x4.add(b1, f32x4.mul(w, v128.load(values, 16)));
    b2 = f32x4.add(b2, f32x4.mul(w, v128.load(values, 32)));
    b3 = f32x4.add(b3, f32x4.mul(w, v128.load(values, 48)));
    values += valueBytes;
    weights += 8;
  }
  if (j < positions) {
    const v = v128.load32_splat(weights);
    a0 = f32x4.add(a0, f32x4.mul(v, v128.load(values, 0)));
    a1 = f32x4.add(a1, f32x4.mul(v, v128.load(values, 16)));
    a2 = f32x4.add(a2, f32x4.mul(v, v128.load(values, 32)));
    a3 = f32x4.add(a3, f32x4.mul(v, v128.load(values, 48)));
  }
  const divisor = f32x4.splat(total);
  store(out, f32x4.div(f32x4.add(a0, b0), divisor), count);
  if (count > 4) store(out + 16, f32x4.div(f32x4.add(a1, b1), divisor), count - 4);
  if (count > 8) store(out + 32, f32x4.div(f32x4.add(a2, b2), divisor), count - 8);
  if (count > 12) store(out + 48, f32x4.div(f32x4.add(a3, b3), divisor), count - 12);
}

import { store } from "./store";

// Convolutions of three neighbouring columns, for a whole row, by Winograd's minimal filtering F(2, 3) (S. Winograd, "Arithmetic
// complexity of computations", 1980; A. Lavin, S. Gray, CVPR 2016): two outputs by four products in place of six. With
// d0 .. d3 the columns that a pair of outputs reads, and g0 .. g2 the weights,
//
//     v = [d0 - d2,  d1 + d2,               d2 - d1,               d1 - d3]
//     u = [g0,       (g0 + g1 + g2) / 2,    (g0 - g1 + g2) / 2,    g2     ]
//     m = u v, summed over channels and rows of the kernel
//     y = [m0 + m1 + m2,  m1 - m2 - m3]
//
// The four products are matrix products (`convolution`); here are v and y. v and m are four fields of one column for each pair,
// `partBytes` from one to the next.

/** v of all pairs of a row: x is the address of column d0 of the first pair. */
export function winogradInput(
  x: usize,
  xStride: usize,
  xColBytes: usize,
  out: usize,
  outStride: usize,
  partBytes: usize,
  pairs: i32,
  pictures: i32,
  channels: i32,
): void {
  for (let pair = 0; pair < pairs; pair++) {
    for (let m: usize = 0; m < <usize>pictures; m++) {
      for (let channel = 0; channel < channels; channel += 4) {
        const from = x + m * xStride + ((<usize>channel) << 2);
        const to = out + m * outStride + ((<usize>channel) << 2);
        const count = channels - channel;
        const d0 = v128.load(from);
        const d1 = v128.load(from + xColBytes);
        const d2 = v128.load(from + 2 * xColBytes);
        const d3 = v128.load(from + 3 * xColBytes);
        store(to, f32x4.sub(d0, d2), count);
        store(to + partBytes, f32x4.add(d1, d2), count);
        store(to + 2 * partBytes, f32x4.sub(d2, d1), count);
        store(to + 3 * partBytes, f32x4.sub(d1, d3), count);
      }
    }
    x += 2 * xColBytes;
    out += outStride * <usize>pictures;
  }
}

/** y of all pairs of a row, then + add if there is one, then ReLU if asked for. Of `cols` columns, which may be odd. */
export function winogradOutput(
  products: usize,
  productsStride: usize,
  partBytes: usize,
  add: usize,
  addStride: usize,
  addColBytes: usize,
  out: usize,
  outStride: usize,
  outColBytes: usize,
  cols: i32,
  pictures: i32,
  channels: i32,
  isRelu: i32,
): void {
  for (let col = 0; col < cols; col += 2) {
    for (let m: usize = 0; m < <usize>pictures; m++) {
      for (let channel = 0; channel < channels; channel += 4) {
        const at = (<usize>channel) << 2;
        const count = channels - channel;
        const from = products + m * productsStride + at;
        const to = out + m * outStride + at;
        const other: usize = add == 0 ? 0 : add + m * addStride + at;
        const m1 = v128.load(from + partBytes);
        const m2 = v128.load(from + 2 * partBytes);
        const even = f32x4.add(f32x4.add(v128.load(from), m1), m2);
        store(to, finished(even, other, isRelu), count);
        if (col + 1 < cols) {
          const odd = f32x4.sub(f32x4.sub(m1, m2), v128.load(from + 3 * partBytes));
          const next: usize = other == 0 ? 0 : other + addColBytes;
          store(to + outColBytes, finished(odd, next, isRelu), count);
        }
      }
    }
    products += productsStride * <usize>pictures;
    out += 2 * outColBytes;
    if (add != 0) add += 2 * addColBytes;
  }
}

function finished(y: v128, add: usize, isRelu: i32): v128 {
  if (add != 0) y = f32x4.add(y, v128.load(add));
  return isRelu ? f32x4.max(y, f32x4.splat(0)) : y;
}

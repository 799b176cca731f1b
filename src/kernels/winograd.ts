import { store } from "./store";

// Convolutions of three neighbouring columns, for a whole row, by Winograd's minimal filtering F(4, 3) (S. Winograd,
// "Arithmetic complexity of computations", 1980; A. Lavin, S. Gray, CVPR 2016): four outputs by six products in place
// of twelve. With d0 .. d5 the columns that a tile of four outputs reads, and g0 .. g2 the weights,
//
//     v = [ 4 d0 - 5 d2 + d4,                          u = [ g0 / 4,
//          -4 d1 - 4 d2 + d3 + d4,                          -(g0 + g1 + g2) / 6,
//           4 d1 - 4 d2 - d3 + d4,                          -(g0 - g1 + g2) / 6,
//          -2 d1 - d2 + 2 d3 + d4,                           (g0 + 2 g1 + 4 g2) / 24,
//           2 d1 - d2 - 2 d3 + d4,                           (g0 - 2 g1 + 4 g2) / 24,
//           4 d1 - 5 d3 + d5      ]                           g2                     ]
//
//     m = u v, summed over channels and rows of the kernel
//     y = [m0 + m1 + m2 + m3 + m4,  m1 - m2 + 2 m3 - 2 m4,  m1 + m2 + 4 m3 + 4 m4,  m1 - m2 + 8 m3 - 8 m4 + m5]
//
// The six products are matrix products (`convolution`); here are v and y. v and m are six fields of one column for each
// tile, `partBytes` from one to the next.

const TILE: i32 = 4;

/** v of all tiles of a row: x is the address of column d0 of the first one. */
export function winogradInput(
  x: usize,
  xStride: usize,
  xColBytes: usize,
  out: usize,
  outStride: usize,
  partBytes: usize,
  tiles: i32,
  pictures: i32,
  channels: i32,
): void {
  const two = f32x4.splat(2);
  const four = f32x4.splat(4);
  const five = f32x4.splat(5);
  for (let tile = 0; tile < tiles; tile++) {
    for (let m: usize = 0; m < <usize>pictures; m++) {
      for (let channel = 0; channel < channels; channel += 4) {
        const from = x + m * xStride + ((<usize>channel) << 2);
        const to = out + m * outStride + ((<usize>channel) << 2);
        const count = channels - channel;
        const d0 = v128.load(from);
        const d1 = v128.load(from + xColBytes);
        const d2 = v128.load(from + 2 * xColBytes);
        const d3 = v128.load(from + 3 * xColBytes);
        const d4 = v128.load(from + 4 * xColBytes);
        const d5 = v128.load(from + 5 * xColBytes);
        const even = f32x4.sub(d4, f32x4.mul(four, d2));
        const odd = f32x4.sub(d3, f32x4.mul(four, d1));
        const evenStep = f32x4.sub(d4, d2);
        const oddStep = f32x4.mul(two, f32x4.sub(d3, d1));
        store(to, f32x4.add(f32x4.sub(f32x4.mul(four, d0), f32x4.mul(five, d2)), d4), count);
        store(to + partBytes, f32x4.add(even, odd), count);
        store(to + 2 * partBytes, f32x4.sub(even, odd), count);
        store(to + 3 * partBytes, f32x4.add(evenStep, oddStep), count);
        store(to + 4 * partBytes, f32x4.sub(evenStep, oddStep), count);
        store(to + 5 * partBytes, f32x4.add(f32x4.sub(f32x4.mul(four, d1), f32x4.mul(five, d3)), d5), count);
      }
    }
    x += <usize>TILE * xColBytes;
    out += outStride * <usize>pictures;
  }
}

/** y of all tiles of a row of `cols` columns, then + add if there is one, then ReLU if asked for. */
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
  const two = f32x4.splat(2);
  const four = f32x4.splat(4);
  const eight = f32x4.splat(8);
  for (let col = 0; col < cols; col += TILE) {
    const left = cols - col;
    for (let m: usize = 0; m < <usize>pictures; m++) {
      for (let channel = 0; channel < channels; channel += 4) {
        const at = (<usize>channel) << 2;
        const count = channels - channel;
        const from = products + m * productsStride + at;
        const m1 = v128.load(from + partBytes);
        const m2 = v128.load(from + 2 * partBytes);
        const m3 = v128.load(from + 3 * partBytes);
        const m4 = v128.load(from + 4 * partBytes);
        const sum = f32x4.add(m1, m2);
        const difference = f32x4.sub(m1, m2);
        const farSum = f32x4.add(m3, m4);
        const farDifference = f32x4.sub(m3, m4);
        const y0 = f32x4.add(f32x4.add(v128.load(from), sum), farSum);
        const y1 = f32x4.add(difference, f32x4.mul(two, farDifference));
        const y2 = f32x4.add(sum, f32x4.mul(four, farSum));
        const last = f32x4.add(difference, f32x4.mul(eight, farDifference));
        const y3 = f32x4.add(last, v128.load(from + 5 * partBytes));

        let to = out + m * outStride + at;
        let other: usize = add == 0 ? 0 : add + m * addStride + at;
        const step: usize = add == 0 ? 0 : addColBytes;
        finish(to, y0, other, count, isRelu);
        if (left > 1) finish((to += outColBytes), y1, (other += step), count, isRelu);
        if (left > 2) finish((to += outColBytes), y2, (other += step), count, isRelu);
        if (left > 3) finish((to += outColBytes), y3, (other += step), count, isRelu);
      }
    }
    products += productsStride * <usize>pictures;
    out += <usize>TILE * outColBytes;
    if (add != 0) add += <usize>TILE * addColBytes;
  }
}

function finish(to: usize, y: v128, add: usize, count: i32, isRelu: i32): void {
  if (add != 0) y = f32x4.add(y, v128.load(add));
  if (isRelu) y = f32x4.max(y, f32x4.splat(0));
  store(to, y, count);
}

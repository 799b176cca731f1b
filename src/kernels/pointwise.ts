import * as operation from "./operations";
import { store } from "./store";
import * as lanes from "./transcendental";

/**
 * out[m, c] = f(a[m, c], b[m, c], c[m, c]), f by its code in operations.ts. An operand is an address, the bytes from
 * one m to the next (0: the same values for all m), and whether one number stands for all channels.
 */
export function pointwise(
  code: i32,
  a: usize,
  aStride: usize,
  aIsOne: i32,
  b: usize,
  bStride: usize,
  bIsOne: i32,
  c: usize,
  cStride: usize,
  cIsOne: i32,
  out: usize,
  outStride: usize,
  rows: i32,
  channels: i32,
): void {
  for (let m = 0; m < rows; m++) {
    for (let channel = 0; channel < channels; channel += 4) {
      const at = (<usize>channel) << 2;
      const x = take(a, aIsOne, at);
      store(out + at, apply(code, x, b, bIsOne, c, cIsOne, at), channels - channel);
    }
    a += aStride;
    b += bStride;
    c += cStride;
    out += outStride;
  }
}

function take(address: usize, isOne: i32, at: usize): v128 {
  return isOne ? v128.load32_splat(address) : v128.load(address + at);
}

function apply(code: i32, x: v128, b: usize, bIsOne: i32, c: usize, cIsOne: i32, at: usize): v128 {
  const one = f32x4.splat(1);
  switch (code) {
    case operation.COPY:
      return x;
    case operation.NEG:
      return f32x4.neg(x);
    case operation.EXP:
      return lanes.exp(x);
    case operation.LOG:
      return lanes.log(x);
    case operation.SQRT:
      return f32x4.sqrt(x);
    case operation.ABS:
      return f32x4.abs(x);
    case operation.TANH:
      return lanes.tanh(x);
    case operation.SIGMOID:
      return lanes.sigmoid(x);
    case operation.RELU:
      return f32x4.max(x, f32x4.splat(0));
    case operation.ELU:
      return f32x4.max(x, f32x4.sub(lanes.exp(f32x4.min(x, f32x4.splat(0))), one));
    case operation.ROUND:
      return f32x4.nearest(x);
    case operation.ADD:
      return f32x4.add(x, take(b, bIsOne, at));
    case operation.SUB:
      return f32x4.sub(x, take(b, bIsOne, at));
    case operation.MUL:
      return f32x4.mul(x, take(b, bIsOne, at));
    case operation.DIV:
      return f32x4.div(x, take(b, bIsOne, at));
    case operation.MINIMUM:
      return f32x4.min(x, take(b, bIsOne, at));
    case operation.MAXIMUM:
      return f32x4.max(x, take(b, bIsOne, at));
    case operation.EQUAL:
      return v128.and(f32x4.eq(x, take(b, bIsOne, at)), one);
    case operation.GREATER:
      return v128.and(f32x4.gt(x, take(b, bIsOne, at)), one);
    case operation.WHERE:
      return v128.bitselect(take(c, cIsOne, at), take(b, bIsOne, at), f32x4.eq(x, f32x4.splat(0)));
    default:
      return unreachable();
  }
}

/** out[m, c] = tanh(a[m, c]) * sigmoid(b[m, c]), the gated activation of Gated PixelCNN. */
export function gate(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  out: usize,
  outStride: usize,
  rows: i32,
  channels: i32,
): void {
  for (let m = 0; m < rows; m++) {
    for (let channel = 0; channel < channels; channel += 4) {
      const at = (<usize>channel) << 2;
      store(out + at, lanes.gated(v128.load(a + at), v128.load(b + at)), channels - channel);
    }
    a += aStride;
    b += bStride;
    out += outStride;
  }
}

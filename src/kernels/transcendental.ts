// Elementary functions of four f32 lanes, in plain IEEE arithmetic of baseline SIMD: the same bits on every machine.
//
// Constants are read from memory, not written as literals: V8 builds a literal vector anew at each use, by three
// instructions, where a read is one.

// oxlint-disable oxc/approx-constant -- the constants of Math are of float64

/** Of e^-x: -log2(e); 1.5 * 2^23; -ln 2 to sixteen bits, and the rest of -ln 2; 1; the polynomial from r^2 on. */
const EXP = memory.data<f32>([
  -1.442695, 12582912, -0.693145751953125, -1.4286068e-6, 1, 0.49999994, 0.16666521, 0.04166839, 0.008368717,
  0.0013814606,
]);
/** Where e^x leaves the normal numbers, below and above; infinity. */
const EXP_ENDS = memory.data<f32>([-87.33654, 88.72283, Infinity]);
/**
 * Bounds of arguments and results: where sigmoid is still a normal number, where tanh is within 7e-8 of 1, and 1
 * itself.
 */
const CLAMPS = memory.data<f32>([-87, 87, -8.6, 8.6, -1, 1]);
const NUMERATOR = memory.data<f32>([1, 0.13406876, 0.003526402, 2.1122392e-5, 1.4082486e-8]);
const DENOMINATOR = memory.data<f32>([1, 0.46740198, 0.0259939, 0.0003336271, 8.070644e-7]);
/** Of log: the least normal number; infinity; 1; -1/2; ln 2 in two parts; the polynomial from f^3 on. */
const LOG = memory.data<f32>([
  1.17549435e-38,
  Infinity,
  1,
  -0.5,
  0.693145751953125,
  1.4286068e-6,
  0.3333391,
  -0.25001338,
  0.19963068,
  -0.16577578,
  0.14914718,
  -0.14267533,
  0.087006435,
]);
/** The bits of sqrt(1/2), from which on a significand counts as one of the next power of two. */
const SQRT_HALF = 0x3f3504f3;

function constant(table: usize, index: usize): v128 {
  return v128.load32_splat(table + (index << 2));
}

/** a + b x */
function line(a: v128, b: v128, x: v128): v128 {
  return f32x4.add(a, f32x4.mul(b, x));
}

/**
 * Clamps x to two bounds that are adjacent in memory. pmin and pmax are one instruction each, unlike min and max. NaN
 * stays NaN.
 */
function clamp(x: v128, bounds: usize): v128 {
  return f32x4.pmin(f32x4.pmax(x, constant(bounds, 0)), constant(bounds, 1));
}

/** A polynomial of degree 4 by Estrin's scheme: a loop waits for the longest chain of operations. */
function quartic(coefficients: usize, x: v128, square: v128): v128 {
  const low = line(constant(coefficients, 0), constant(coefficients, 1), x);
  const high = line(constant(coefficients, 2), constant(coefficients, 3), x);
  return line(low, line(high, constant(coefficients, 4), square), square);
}

/**
 * e^-x for x in [-88.72, 87.33], within 1 ulp: -x = n ln 2 + r, |r| <= ln 2 / 2, and a minimax polynomial in r, of
 * relative error 3e-9, whose exponent is raised by n. It computes e^-x because sigmoid needs that. A NaN with a
 * payload may become a number; NaNs that arithmetic produces have no payload.
 */
function expOfMinus(x: v128): v128 {
  const shift = constant(EXP, 1);
  // Numbers this large have no bits for fractions: the sum rounds, and holds n in its lowest bits.
  const shifted = f32x4.add(f32x4.mul(x, constant(EXP, 0)), shift);
  const n = f32x4.sub(shifted, shift);
  const r = line(f32x4.sub(f32x4.mul(n, constant(EXP, 2)), x), n, constant(EXP, 3));
  const square = f32x4.mul(r, r);
  const power = f32x4.add(constant(EXP, 4), line(r, quartic(EXP + 20, r, square), square));
  return i32x4.add(power, i32x4.shl(shifted, 23));
}

/** e^x, within 1 ulp (8.4e-8) where that is a normal number; 0 below those, infinity above. */
export function exp(x: v128): v128 {
  const normal = v128.and(expOfMinus(f32x4.neg(x)), f32x4.ge(x, constant(EXP_ENDS, 0)));
  // The sum is infinity, or NaN where x is.
  return v128.bitselect(normal, f32x4.add(x, constant(EXP_ENDS, 2)), f32x4.le(x, constant(EXP_ENDS, 1)));
}

/**
 * The natural logarithm, within 1.2 ulp (1.1e-7), near 1 too: x = 2^n (1 + f), 1 + f in [sqrt(1/2), sqrt(2)), and a
 * minimax polynomial in f. -Infinity of 0, NaN of negative numbers; a subnormal number counts as the least normal one.
 */
export function log(x: v128): v128 {
  const positive = f32x4.pmax(x, constant(LOG, 0));
  const exponent = i32x4.shr_s(i32x4.sub(positive, i32x4.splat(SQRT_HALF)), 23);
  const n = f32x4.convert_i32x4_s(exponent);
  const f = f32x4.sub(i32x4.sub(positive, i32x4.shl(exponent, 23)), constant(LOG, 2));
  const square = f32x4.mul(f, f);
  const low = line(
    line(constant(LOG, 6), constant(LOG, 7), f),
    line(constant(LOG, 8), constant(LOG, 9), f),
    square,
  );
  const high = line(line(constant(LOG, 10), constant(LOG, 11), f), constant(LOG, 12), square);
  const cubic = f32x4.mul(f32x4.mul(square, f), line(low, high, f32x4.mul(square, square)));
  // Added from the smallest part to the largest.
  const small = line(line(cubic, n, constant(LOG, 5)), constant(LOG, 3), square);
  const result = line(f32x4.add(small, f), n, constant(LOG, 4));
  const zero = f32x4.splat(0);
  const finite = v128.bitselect(result, x, f32x4.lt(x, constant(LOG, 1)));
  // All bits set are a NaN.
  const real = v128.or(finite, f32x4.lt(x, zero));
  return v128.bitselect(f32x4.neg(constant(LOG, 1)), real, f32x4.eq(x, zero));
}

/** 1 / (1 + e^-x), within 2.4 ulp (1.5e-7). Beyond -87 and 87 it stays at its value there, so it is never 0. */
export function sigmoid(x: v128): v128 {
  const one = constant(EXP, 4);
  return f32x4.div(one, f32x4.add(one, expOfMinus(clamp(x, CLAMPS))));
}

/** The hyperbolic tangent, within 6 ulp (3.5e-7): x P(x^2) / Q(x^2), minimax on [0, 8.6], of relative error 2e-8. */
export function tanh(x: v128): v128 {
  const a = clamp(x, CLAMPS + 8);
  const square = f32x4.mul(a, a);
  const fourth = f32x4.mul(square, square);
  const ratio = f32x4.div(
    f32x4.mul(a, quartic(NUMERATOR, square, fourth)),
    quartic(DENOMINATOR, square, fourth),
  );
  return clamp(ratio, CLAMPS + 16);
}

/** tanh(a) sigmoid(b) by a single division, within 7.5 ulp (4.5e-7) for b >= -80; may be 0 below. */
export function gated(a: v128, b: v128): v128 {
  const x = clamp(a, CLAMPS + 8);
  const square = f32x4.mul(x, x);
  const fourth = f32x4.mul(square, square);
  const raised = f32x4.add(constant(EXP, 4), expOfMinus(clamp(b, CLAMPS)));
  return f32x4.div(
    f32x4.mul(x, quartic(NUMERATOR, square, fourth)),
    f32x4.mul(quartic(DENOMINATOR, square, fourth), raised),
  );
}

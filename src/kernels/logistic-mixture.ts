import * as lanes from "./transcendental";

// The draw of `src/likelihood/logistic-mixture.ts`, which says what the logits are and derives the formulas.

const COMPONENTS: i32 = 10;
/** Bytes of a list with a number for each component, filled up to vectors of four. The extra numbers are never used. */
const LIST: usize = 48;
const LEAST_LOG_SCALE: f32 = -7;
const LARGEST_LOG_SCALE: f32 = 30;

// Lists for a single picture. JOINT and TEMPERED are logarithms of the joint probability of a component and the
// pixel's earlier channels, up to a constant that all components share.
const JOINT = memory.data(48, 16);
const TEMPERED = memory.data(48, 16);
const WEIGHTS = memory.data(48, 16);
const MEANS = memory.data(48, 16);
const INVERSE_SCALES = memory.data(48, 16);
const RESULTS = memory.data(48, 16);

/**
 * Mixture of discretised logistics, `count` levels. Arguments as in draw.ts; the levels of the pixel's `earlier`
 * channels lie just before that which is drawn. The temperature divides the logits of the weights and multiplies the
 * scales.
 */
export function logisticMixture(
  logits: usize,
  logitsStride: usize,
  uniforms: usize,
  temperature: f32,
  levels: usize,
  levelsStride: usize,
  nats: usize,
  pictures: i32,
  count: i32,
  earlier: i32,
): void {
  for (let m = 0; m < pictures; m++) {
    const pixel = levels - ((<usize>earlier) << 2);
    for (let at: usize = 0; at < LIST; at += 16) {
      const weights = v128.load(logits + at);
      v128.store(JOINT + at, weights);
      v128.store(TEMPERED + at, f32x4.div(weights, f32x4.splat(temperature)));
    }
    for (let channel = 0; channel < earlier; channel++) {
      findLogistics(logits, channel, pixel, count);
      const level = load<f32>(pixel + ((<usize>channel) << 2));
      addLogMass(JOINT, level, count, 1);
      addLogMass(TEMPERED, level, count, temperature);
    }
    findLogistics(logits, earlier, pixel, count);
    const level = firstAbove(load<f64>(uniforms), count, temperature);
    store<f32>(levels, level);
    const before = logSumExp(JOINT);
    addLogMass(JOINT, level, count, 1);
    store<f64>(nats, load<f64>(nats) + (before - logSumExp(JOINT)));
    logits += logitsStride;
    levels += levelsStride;
    uniforms += 8;
    nats += 8;
  }
}

/** The means and the inverse scales of a channel, given the levels of those before it. */
function findLogistics(logits: usize, channel: i32, pixel: usize, count: i32): void {
  const part = (<usize>COMPONENTS) << 2;
  const parameters = logits + part * <usize>(1 + 2 * channel + (channel * (channel - 1)) / 2);
  for (let at: usize = 0; at < LIST; at += 16) {
    let mean = v128.load(parameters + at);
    for (let before = 0; before < channel; before++) {
      const coefficient = lanes.tanh(v128.load(parameters + part * <usize>(2 + before) + at));
      const place = placeOf(load<f32>(pixel + ((<usize>before) << 2)), count);
      mean = f32x4.add(mean, f32x4.mul(coefficient, f32x4.splat(place)));
    }
    const logScale = f32x4.min(
      f32x4.max(v128.load(parameters + part + at), f32x4.splat(LEAST_LOG_SCALE)),
      f32x4.splat(LARGEST_LOG_SCALE),
    );
    v128.store(MEANS + at, mean);
    v128.store(INVERSE_SCALES + at, lanes.exp(f32x4.neg(logScale)));
  }
}

/** Where a level lies in [-1, 1]. */
function placeOf(level: f32, count: i32): f32 {
  return level * (<f32>2 / <f32>(count - 1)) - 1;
}

/** Adds to each component the logarithm of its mass on a level; see `logMass` of the likelihood. */
function addLogMass(to: usize, level: f32, count: i32, temperature: f32): void {
  const place = f32x4.splat(placeOf(level, count));
  const half = f32x4.splat(<f32>1 / <f32>(count - 1));
  const one = f32x4.splat(1);
  const isLowest = level == 0;
  const isOpen = isLowest || level == <f32>(count - 1);
  for (let at: usize = 0; at < LIST; at += 16) {
    const inverse = f32x4.div(v128.load(INVERSE_SCALES + at), f32x4.splat(temperature));
    const middle = f32x4.mul(f32x4.sub(place, v128.load(MEANS + at)), inverse);
    const distance = isOpen ? (isLowest ? f32x4.neg(middle) : middle) : f32x4.abs(middle);
    const h = f32x4.mul(half, inverse);
    const q = f32x4.sub(distance, h);
    let mass = lanes.sigmoid(f32x4.abs(q));
    if (!isOpen) {
      const t = lanes.tanh(h);
      const share = f32x4.mul(
        lanes.sigmoid(f32x4.add(distance, h)),
        f32x4.div(f32x4.add(t, t), f32x4.add(one, t)),
      );
      mass = f32x4.mul(mass, share);
    }
    const logMass = f32x4.sub(lanes.log(mass), f32x4.max(q, f32x4.splat(0)));
    v128.store(to + at, f32x4.add(v128.load(to + at), logMass));
  }
}

/** The first level at which the tempered distribution function exceeds the uniform number, by bisection. */
function firstAbove(uniform: f64, count: i32, temperature: f32): f32 {
  const threshold = uniform * exponentials(TEMPERED, largestOf(TEMPERED), WEIGHTS);
  let first = 0;
  let last = count - 1;
  while (first < last) {
    const level = (first + last) >> 1;
    if (weightBelow(placeOf(<f32>level + 0.5, count), temperature) > threshold) {
      last = level;
    } else {
      first = level + 1;
    }
  }
  return <f32>first;
}

/** The weights of the components times their mass below an edge, added up from the first to the last. */
function weightBelow(edge: f32, temperature: f32): f64 {
  for (let at: usize = 0; at < LIST; at += 16) {
    const distance = f32x4.sub(f32x4.splat(edge), v128.load(MEANS + at));
    const inverse = f32x4.div(v128.load(INVERSE_SCALES + at), f32x4.splat(temperature));
    v128.store(RESULTS + at, lanes.sigmoid(f32x4.mul(distance, inverse)));
  }
  let total: f64 = 0;
  for (let k = 0; k < COMPONENTS; k++) {
    const at = (<usize>k) << 2;
    total += <f64>load<f32>(WEIGHTS + at) * <f64>load<f32>(RESULTS + at);
  }
  return total;
}

function logSumExp(list: usize): f64 {
  const largest = largestOf(list);
  const total = <f32>exponentials(list, largest, RESULTS);
  return <f64>f32x4.extract_lane(lanes.log(f32x4.splat(total)), 0) + <f64>largest;
}

/** out[k] = e^(list[k] - largest); returns their sum, added up from the first to the last. */
function exponentials(list: usize, largest: f32, out: usize): f64 {
  for (let at: usize = 0; at < LIST; at += 16) {
    v128.store(out + at, lanes.exp(f32x4.sub(v128.load(list + at), f32x4.splat(largest))));
  }
  let total: f64 = 0;
  for (let k = 0; k < COMPONENTS; k++) total += <f64>load<f32>(out + ((<usize>k) << 2));
  return total;
}

function largestOf(list: usize): f32 {
  let found = load<f32>(list);
  for (let k = 1; k < COMPONENTS; k++) found = max(found, load<f32>(list + ((<usize>k) << 2)));
  return found;
}

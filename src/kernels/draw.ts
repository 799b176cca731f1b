import * as lanes from "./transcendental";

// Draws of one sub-pixel of several pictures. For picture m, `uniforms[m]` (f64, in (0, 1)) decides which level is
// drawn from logits[m] / temperature. The level is stored in levels[m] as a float, from where the network reads it.
// -log p of it at temperature 1, in nats, is added to nats[m] (f64).

/** Two levels: p(1) = sigmoid(logit). */
export function bernoulli(
  logits: usize,
  logitsStride: usize,
  uniforms: usize,
  temperature: f32,
  levels: usize,
  levelsStride: usize,
  nats: usize,
  pictures: i32,
): void {
  for (let m = 0; m < pictures; m++) {
    const logit = load<f32>(logits);
    const ofZero = first(lanes.sigmoid(f32x4.splat(-logit / temperature)));
    const isOne = load<f64>(uniforms) >= <f64>ofZero;
    store<f32>(levels, isOne ? 1 : 0);
    // -log sigmoid(s) = max(-s, 0) + log(1 + e^-|s|)
    const against = isOne ? -logit : logit;
    const tail = first(lanes.log(f32x4.splat(<f32>1 + first(lanes.exp(f32x4.splat(-abs(against)))))));
    store<f64>(nats, load<f64>(nats) + <f64>max<f32>(against, 0) + <f64>tail);
    logits += logitsStride;
    levels += levelsStride;
    uniforms += 8;
    nats += 8;
  }
}

/** Any number of levels: p = softmax(logits). `scratch` has room for a float for each level, and three more. */
export function categorical(
  logits: usize,
  logitsStride: usize,
  uniforms: usize,
  temperature: f32,
  levels: usize,
  levelsStride: usize,
  nats: usize,
  pictures: i32,
  count: i32,
  scratch: usize,
): void {
  for (let m = 0; m < pictures; m++) {
    let largest = load<f32>(logits);
    for (let level = 1; level < count; level++)
      largest = max(largest, load<f32>(logits + ((<usize>level) << 2)));
    const total = exponentials(logits, largest, temperature, count, scratch);
    const level = firstAbove(load<f64>(uniforms) * total, count, scratch);
    store<f32>(levels, <f32>level);
    const normaliser = temperature == 1 ? total : exponentials(logits, largest, 1, count, scratch);
    const logit = load<f32>(logits + ((<usize>level) << 2));
    const logNormaliser = first(lanes.log(f32x4.splat(<f32>normaliser)));
    store<f64>(nats, load<f64>(nats) + <f64>logNormaliser + (<f64>largest - <f64>logit));
    logits += logitsStride;
    levels += levelsStride;
    uniforms += 8;
    nats += 8;
  }
}

/** out[k] = e^((logits[k] - largest) / temperature); returns their sum, added up from the first to the last. */
function exponentials(logits: usize, largest: f32, temperature: f32, count: i32, out: usize): f64 {
  let total: f64 = 0;
  for (let level = 0; level < count; level += 4) {
    const at = (<usize>level) << 2;
    const below = f32x4.sub(v128.load(logits + at), f32x4.splat(largest));
    v128.store(out + at, lanes.exp(f32x4.div(below, f32x4.splat(temperature))));
    const end = min(level + 4, count);
    for (let each = level; each < end; each++) total += <f64>load<f32>(out + ((<usize>each) << 2));
  }
  return total;
}

/** The first level at which the sum of the weights up to it exceeds the threshold. */
function firstAbove(threshold: f64, count: i32, weights: usize): i32 {
  let sum: f64 = 0;
  for (let level = 0; level < count; level++) {
    sum += <f64>load<f32>(weights + ((<usize>level) << 2));
    if (sum > threshold) return level;
  }
  return count - 1;
}

function first(x: v128): f32 {
  return f32x4.extract_lane(x, 0);
}

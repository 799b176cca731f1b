import { wholeNumber } from "../basics/errors.ts";
import { permutation, Purpose } from "../basics/philox.ts";

/**
 * The order in which training uses `count` pictures: an endless sequence of epochs, each a new permutation, cut into
 * batches. The result gives the picture indices of batch number `step` (from 0). It depends only on the seed, `step`
 * and `batch`, so training can go on from any step. A batch may reach from one epoch into the next, so every picture is
 * used equally often.
 *
 * @throws ARGUMENT on a bad count, seed, step or batch.
 */
export function trainingOrder(count: number, seed: number): (step: number, batch: number) => Uint32Array {
  wholeNumber(count, "count", 1);
  wholeNumber(seed, "seed", 0);
  const epochs = recent(2, (epoch) => permutation(count, seed, Purpose.order, epoch));
  return (step, batch) => {
    const start = wholeNumber(step, "step", 0) * wholeNumber(batch, "batch", 1);
    const indices = new Uint32Array(batch);
    let filled = 0;
    while (filled < batch) {
      const epoch = Math.floor((start + filled) / count);
      const offset = start + filled - epoch * count;
      const part = epochs(epoch).subarray(offset, offset + batch - filled);
      indices.set(part, filled);
      filled += part.length;
    }
    return indices;
  };
}

/** How many times each picture was used in `step` batches, on average: whole and part epochs. */
export function epochOf(step: number, batch: number, count: number): number {
  return (step * batch) / count;
}

/** `make` with a cache of its last `size` results. */
function recent<Value>(size: number, make: (key: number) => Value): (key: number) => Value {
  const remembered = new Map<number, Value>();
  return (key) => {
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const made = make(key);
    remembered.set(key, made);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= size) break;
      remembered.delete(oldest);
    }
    return made;
  };
}

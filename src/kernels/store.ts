/**
 * Stores the first `count` of four lanes. The channels next to a result may be computed at another time (for an
 * earlier or a later sub-pixel), so nothing beyond the result may be overwritten.
 */
export function store(address: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(address, value);
    return;
  }
  if (count >= 2) v128.store64_lane(address, value, 0);
  if (count == 1) v128.store32_lane(address, value, 0);
  if (count == 3) v128.store32_lane(address, value, 2, 8);
}

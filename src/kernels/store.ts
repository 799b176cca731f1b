/**
 * Stores the first `count` of four lanes. Channels next to those of a result belong to another moment (an earlier or a
 * later sub-pixel), so nothing beyond a result may be touched.
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

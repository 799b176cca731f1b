/** out[m, 0] = x[m, 0] + x[m, 1] + ..., from the first channel to the last. */
export function sum(x: usize, xStride: usize, out: usize, outStride: usize, rows: i32, channels: i32): void {
  for (let m = 0; m < rows; m++) {
    let total: f32 = 0;
    for (let channel = 0; channel < channels; channel++) total += load<f32>(x + ((<usize>channel) << 2));
    store<f32>(out, total);
    x += xStride;
    out += outStride;
  }
}

/** out[m, 0] = the largest of x[m, 0], x[m, 1], ... */
export function largest(
  x: usize,
  xStride: usize,
  out: usize,
  outStride: usize,
  rows: i32,
  channels: i32,
): void {
  for (let m = 0; m < rows; m++) {
    let found = load<f32>(x);
    for (let channel = 1; channel < channels; channel++) {
      found = max(found, load<f32>(x + ((<usize>channel) << 2)));
    }
    store<f32>(out, found);
    x += xStride;
    out += outStride;
  }
}

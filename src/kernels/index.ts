/**
 * The kernels of the sampler, in AssemblyScript, for WebAssembly with baseline SIMD. They know nothing of networks:
 * they read and write numbers at addresses that they are handed. Memory is imported, and belongs to the caller:
 *
 *     16        constants of this module, and lists of a few numbers that kernels keep while they run
 *     1,024     uniforms, nats, scratch                  written for every draw
 *     ...       fields: rings of rows                    cleared before the first row of a picture
 *     ...       tables of taps, weights, biases          written once, when a program is loaded
 *
 * `src/runtime/step/machine.ts` and `layout.ts` say what lies where. A field's row is [columns][pictures][channels]
 * of f32, channels filled up to a multiple of four, with columns of zeros on both sides for what convolutions read
 * beyond the picture. Kernels may read up to 64 bytes beyond a row's end, and write nothing there.
 *
 * The same bits everywhere: every element of a result is computed by one fixed sequence of IEEE operations, whatever
 * else is computed beside it. Therefore no relaxed SIMD, no fused multiply-add, no Math.*.
 */
export const constantsEnd: usize = __heap_base;

export { attend } from "./attend";
export { convolution } from "./convolution";
export { bernoulli, categorical } from "./draw";
export { logisticMixture } from "./logistic-mixture";
export { gate, pointwise } from "./pointwise";
export { largest, sum } from "./reduction";
export { pixelUniforms } from "./uniforms";
export { winogradInput, winogradOutput } from "./winograd";

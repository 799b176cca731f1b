import { expected } from "../../basics/errors.ts";
import { KERNELS_MODULE } from "./kernels-module.ts";

/** The functions of `src/kernels/`, which are documented there. Addresses and strides are in bytes. */
export interface Kernels {
  convolution(
    taps: number,
    tapCount: number,
    depth: number,
    weights: number,
    bias: number,
    add: number,
    addStride: number,
    out: number,
    outStride: number,
    rows: number,
    outputs: number,
    isRelu: number,
  ): void;
  pointwise(
    code: number,
    a: number,
    aStride: number,
    aIsOne: number,
    b: number,
    bStride: number,
    bIsOne: number,
    c: number,
    cStride: number,
    cIsOne: number,
    out: number,
    outStride: number,
    rows: number,
    channels: number,
  ): void;
  attend(
    q: number,
    qStride: number,
    keys: number,
    keysStride: number,
    keyChannels: number,
    values: number,
    valuesStride: number,
    valueBytes: number,
    out: number,
    outStride: number,
    channels: number,
    positions: number,
    pictures: number,
    scratch: number,
  ): void;
  gate(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    out: number,
    outStride: number,
    rows: number,
    channels: number,
  ): void;
  winogradInput(
    x: number,
    xStride: number,
    xColBytes: number,
    out: number,
    outStride: number,
    partBytes: number,
    tiles: number,
    pictures: number,
    channels: number,
  ): void;
  winogradOutput(
    products: number,
    productsStride: number,
    partBytes: number,
    add: number,
    addStride: number,
    addColBytes: number,
    out: number,
    outStride: number,
    outColBytes: number,
    cols: number,
    pictures: number,
    channels: number,
    isRelu: number,
  ): void;
  sum(x: number, xStride: number, out: number, outStride: number, rows: number, channels: number): void;
  largest(x: number, xStride: number, out: number, outStride: number, rows: number, channels: number): void;
  pixelUniforms(
    out: number,
    count: number,
    keyLow: number,
    keyHigh: number,
    picture: number,
    pictureStep: number,
    pixel: number,
    pixelStep: number,
    channel: number,
    purpose: number,
  ): void;
  bernoulli(
    logits: number,
    logitsStride: number,
    uniforms: number,
    temperature: number,
    levels: number,
    levelsStride: number,
    nats: number,
    pictures: number,
  ): void;
  categorical(
    logits: number,
    logitsStride: number,
    uniforms: number,
    temperature: number,
    levels: number,
    levelsStride: number,
    nats: number,
    pictures: number,
    count: number,
    scratch: number,
  ): void;
  logisticMixture(
    logits: number,
    logitsStride: number,
    uniforms: number,
    temperature: number,
    levels: number,
    levelsStride: number,
    nats: number,
    pictures: number,
    count: number,
    earlier: number,
  ): void;
}

/** The first address that the kernels do not use themselves. */
export const FREE_MEMORY = 1024;

const PAGE_BYTES = 65_536;

let module: Promise<WebAssembly.Module> | undefined;

const MOST_PAGES = 65_536;

/** The size of a memory that holds so many bytes. */
export const wholePages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

/**
 * An instance of the kernels with its own memory of at least so many bytes, all zeros.
 *
 * @throws ARGUMENT error if WebAssembly cannot have so much memory.
 */
export async function openKernels(bytes: number): Promise<{ kernels: Kernels; memory: WebAssembly.Memory }> {
  const pages = wholePages(bytes) / PAGE_BYTES;
  if (pages > MOST_PAGES) {
    throw expected("ARGUMENT", "at most 4 GiB", "the memory of a picture's sampler", `${bytes} bytes`);
  }
  module ??= WebAssembly.compile(Uint8Array.from(atob(KERNELS_MODULE), (char) => char.charCodeAt(0)));
  const memory = new WebAssembly.Memory({ initial: pages });
  const { exports } = await WebAssembly.instantiate(await module, { env: { memory } });
  return { kernels: { ...(exports as unknown as Kernels) }, memory };
}

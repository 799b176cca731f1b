import type { Lattice } from "../../graph/lattice.ts";
import { is, type Node } from "../../graph/node.ts";
import type { FusedConvolution, FusedGate } from "./fusion.ts";
import { part, pieces, type Lowering, type View } from "./lowering.ts";
import type { Tap, Work } from "./program.ts";
import { biasOf, weightIndex, weightsOf } from "./weights.ts";
import { lowerInTiles } from "./winograd.ts";

type Convolution = FusedConvolution["conv"];

/** Lowers relu(conv + bias + add), whose last node is `node`. */
export function lowerConvolution(node: Node, fused: FusedConvolution, lowering: Lowering): View {
  if (fused.inTiles) return lowerInTiles(node, fused, lowering);
  const { conv, add, relu } = fused;
  const out = lowering.field(node);
  const view = lowering.view(conv.inputs[0]!, conv);
  const added = add && lowering.view(add, node);
  for (const { start, end, time } of pieces(lowering.times(node), out.channels, ...(added ? [added] : [])))
    for (const { at, taps } of kernelsOf(conv, lowering)) {
      const work: Work = {
        kernel: "convolution",
        out: part([out], start, end),
        ...tapsAndWeights(conv, view, taps, start, end),
        bias: biasOf(fused, start, end),
        add: added && part(added, start, end),
        relu,
      };
      lowering.emit(time, work, at);
    }
  return [out];
}

/** Lowers tanh(a) * sigmoid(b). */
export function lowerGate(node: Node, { a, b }: FusedGate, lowering: Lowering): View {
  const out = lowering.field(node);
  const [left, right] = [lowering.view(a, node), lowering.view(b, node)];
  for (const { start, end, time } of pieces(lowering.times(node), out.channels, left, right)) {
    const operands = { a: part(left, start, end), b: part(right, start, end) };
    lowering.emit(time, { kernel: "gate", out: part([out], start, end), ...operands });
  }
  return [out];
}

/** A tap of a kernel, and how many rows and columns of what is read it lies from the position. */
interface KernelTap {
  readonly tap: number;
  readonly rows: number;
  readonly cols: number;
}

/**
 * What a convolution reads: by the same kernel at all positions, or, if it is a transposed one, by another at each
 * phase.
 */
function kernelsOf(conv: Convolution, lowering: Lowering): { at: Lattice; taps: KernelTap[] }[] {
  const { pad, stride, dilation } = conv.attributes;
  const [x, w] = conv.inputs as [Node, Node];
  const [, , kernelRows, kernelCols] = w.shape as [number, number, number, number];
  const taps = Array.from({ length: kernelRows * kernelCols }, (_, tap) => ({
    tap,
    rows: Math.floor(tap / kernelCols) * dilation[0] - pad.top,
    cols: (tap % kernelCols) * dilation[1] - pad.left,
  }));
  const own = lowering.stride(conv);
  if (is(conv, "conv")) return [{ at: { stride: own, phase: [0, 0] }, taps }];
  return Array.from({ length: stride[0] * stride[1] }, (_, phase) => {
    const [row, col] = [Math.floor(phase / stride[1]), phase % stride[1]];
    const at: Lattice = { stride: lowering.stride(x), phase: [row * own[0], col * own[1]] };
    const read = taps.map(({ tap, rows, cols }) => ({
      tap,
      rows: (row - rows) / stride[0],
      cols: (col - cols) / stride[1],
    }));
    return { at, taps: read.filter(({ rows, cols }) => Number.isInteger(rows) && Number.isInteger(cols)) };
  });
}

/** What outputs start .. end-1 read: only channels that some weight of theirs reads, so that masks cost nothing. */
function tapsAndWeights(
  conv: Convolution,
  view: View,
  kernelTaps: readonly KernelTap[],
  start: number,
  end: number,
): Pick<Extract<Work, { kernel: "convolution" }>, "taps" | "weights"> {
  const { mask } = conv.attributes;
  const pictureCols = conv.inputs[0]!.shape[3]!;
  const weightAt = weightsOf(conv);
  const indexOf = weightIndex(conv);
  const isRead = (input: number, tap: number) => {
    for (let output = start; output < end; output++) {
      if (!mask || mask.values[indexOf(output, input, tap)] !== 0) return true;
    }
    return false;
  };
  const taps: Tap[] = [];
  const weights: number[] = [];
  for (const { tap, rows, cols } of kernelTaps) {
    if (Math.abs(cols) >= pictureCols) continue; // always beside the picture, which may have any number of rows
    let first = 0;
    for (const { field, channel, channels } of view) {
      const read = Array.from({ length: channels }, (_, i) => first + i).filter((input) =>
        isRead(input, tap),
      );
      if (read.length > 0) {
        const [from, to] = [read[0]!, read.at(-1)! + 1];
        taps.push({ field, channel: channel + from - first, channels: to - from, rows, cols });
        for (let input = from; input < to; input++)
          for (let output = start; output < end; output++) weights.push(weightAt(output, input, tap));
      }
      first += channels;
    }
  }
  return { taps, weights: Float32Array.from(weights) };
}

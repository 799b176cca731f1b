import type { Node } from "../../graph/node.ts";
import type { FusedConvolution, FusedGate } from "./fusion.ts";
import { part, pieces, type Lowering, type View } from "./lowering.ts";
import type { Instruction, Tap } from "./program.ts";
import { biasOf, weightsOf } from "./weights.ts";
import { lowerInTiles } from "./winograd.ts";

/** Lowers relu(conv + bias + add), whose last node is `node`. */
export function lowerConvolution(node: Node, fused: FusedConvolution, lowering: Lowering): View {
  if (fused.inTiles) return lowerInTiles(node, fused, lowering);
  const { conv, add, relu } = fused;
  const out = lowering.field(node.shape[1]!);
  const added = add && lowering.view(add);
  for (const { start, end, time } of pieces(lowering.times(node), out.channels, ...(added ? [added] : []))) {
    lowering.emit(time, {
      kernel: "convolution",
      out: part([out], start, end),
      ...tapsAndWeights(conv, lowering.view(conv.inputs[0]!), start, end),
      bias: biasOf(fused, start, end),
      add: added && part(added, start, end),
      relu,
    });
  }
  return [out];
}

/** Lowers tanh(a) * sigmoid(b). */
export function lowerGate(node: Node, { a, b }: FusedGate, lowering: Lowering): View {
  const out = lowering.field(node.shape[1]!);
  const [left, right] = [lowering.view(a), lowering.view(b)];
  for (const { start, end, time } of pieces(lowering.times(node), out.channels, left, right)) {
    const operands = { a: part(left, start, end), b: part(right, start, end) };
    lowering.emit(time, { kernel: "gate", out: part([out], start, end), ...operands });
  }
  return [out];
}

/** What outputs start .. end-1 read: only channels that some weight of theirs reads, so that masks cost nothing. */
function tapsAndWeights(
  conv: Node<"conv">,
  view: View,
  start: number,
  end: number,
): Pick<Instruction & { kernel: "convolution" }, "taps" | "weights"> {
  const { pad, dilation, mask } = conv.attributes;
  const [, inputs, kernelRows, kernelCols] = conv.inputs[1]!.shape as [number, number, number, number];
  const pictureCols = conv.shape[3]!;
  const weightAt = weightsOf(conv);
  const isRead = (input: number, tap: number) => {
    for (let output = start; output < end; output++) {
      if (!mask || mask.values[(output * inputs + input) * kernelRows * kernelCols + tap] !== 0) return true;
    }
    return false;
  };
  const taps: Tap[] = [];
  const weights: number[] = [];
  for (let tap = 0; tap < kernelRows * kernelCols; tap++) {
    const rows = Math.floor(tap / kernelCols) * dilation[0] - pad.top;
    const cols = (tap % kernelCols) * dilation[1] - pad.left;
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

import type { Shape } from "../../graph/primitives.ts";
import { OnnxModelWriter } from "./model-writer.ts";

/*
 * ONNX Runtime's fastest convolutions on the CPU work on blocks of channels: of a field [batch, channels, rows, cols]
 * memory holds, pixel after pixel, 8 or 16 channels (as many as a vector register has room for) side by side, then the
 * next block. The runtime brings fields into that form by itself only where weights are constant, which they are not
 * in training; so we name its operators ourselves. Its name for a blocked field keeps the shape of the plain one, and
 * therefore whatever goes element by element, or takes whole blocks, works on it unchanged.
 *
 * How large a block is depends on the machine: `openSession` asks the runtime (`blockProbe`). Where it has no such
 * operators (browsers, GPUs, plain SSE), programs are lowered without.
 */

export const toBlocked = (model: OnnxModelWriter, plain: string): string =>
  model.node("nchwc.ReorderInput", [plain], { channels_last: 0 });

export const toPlain = (model: OnnxModelWriter, blocked: string, shape: Shape): string =>
  model.node("nchwc.ReorderOutput", [blocked], { channels: shape[1]!, channels_last: 0 });

const PROBE_SHAPE: Shape = [1, 64, 1, 2];

/** A program whose output tells the size of a block: fed with 0, 1, 2, .. it gives them in blocked order. */
export const blockProbe = {
  input: Float32Array.from({ length: 128 }, (_, i) => i),
  shape: PROBE_SHAPE,

  model(): Uint8Array {
    const model = new OnnxModelWriter("block probe");
    model.input("plain", PROBE_SHAPE);
    model.node("nchwc.ReorderInput", ["plain"], { channels_last: 0 }, "blocked");
    model.output("blocked", PROBE_SHAPE);
    return model.finish();
  },

  /** The second pixel of channel 0 stands behind the first block. Undefined if channels are not blocked. */
  blockSize(output: Float32Array): number | undefined {
    const size = output.indexOf(1);
    return size === 8 || size === 16 || size === 32 ? size : undefined;
  },
} as const;

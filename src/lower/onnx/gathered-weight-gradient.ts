import type { Node } from "../../graph/node.ts";
import type { ConvAttributes } from "../../graph/primitives.ts";
import { masked, type OnnxLowering } from "./lowering.ts";

type Four = [number, number, number, number];

/** In larger fields the products of single taps are large enough, and the copies would take too long. */
const MOST_POSITIONS = 64;

/**
 * Whether the gradient for the weights is computed by `gatheredWeightGradient`: of small fields, where many products
 * of small matrices would take longer than a large one. Causal kernels, which reach no row below their own, are left
 * as they are, so that their sums are rounded as they always were.
 */
export function isGathered({ inputs: [, dy], attributes }: Node<"convWeightGradient">): boolean {
  const [, , rows, cols] = dy!.shape as Four;
  return attributes.pad.bottom > 0 && rows * cols <= MOST_POSITIONS;
}

/**
 * The gradient for the weights as one matrix product over all positions of the whole batch: dy^T times what all taps
 * of the kernel read there, which is gathered from x with a pixel of zeros for what lies outside.
 */
export function gatheredWeightGradient(
  { inputs, attributes, shape }: Node<"convWeightGradient">,
  lowering: OnnxLowering,
): string {
  const { model } = lowering;
  const [x, dy] = inputs as [Node, Node];
  const [outputs, channels, ...kernel] = shape as Four;
  const taps = kernel[0] * kernel[1];
  const [batch, , rows, cols] = dy.shape as Four;
  const outside = model.floats(new Float32Array(channels), [1, channels]);
  const pixels = model.node("Concat", [pixelsOf(x, lowering), outside], { axis: 0 });
  const read = model.node("Gather", [pixels, model.integers(placesOf(x, dy, attributes, kernel))], {
    axis: 0,
  });
  const ofPosition = model.integers([batch * rows * cols, taps * channels]);
  const reads = model.node("Reshape", [read, ofPosition], {});
  const product = model.node("Gemm", [pixelsOf(dy, lowering), reads], { transA: 1, transB: 0 });
  const byTap = model.node("Reshape", [product, model.integers([outputs, taps, channels])], {});
  const tapsLast = model.node("Transpose", [byTap], { perm: [0, 2, 1] });
  return masked(lowering, model.node("Reshape", [tapsLast, model.integers(shape)], {}), attributes);
}

/** A field as a matrix, [batch * rows * cols, channels]. */
function pixelsOf(field: Node, { model, isBlocked, blocked, value }: OnnxLowering): string {
  const channels = field.shape[1]!;
  const last = isBlocked(field)
    ? model.node("nchwc.ReorderOutput", [blocked(field)], { channels, channels_last: 1 })
    : model.node("Transpose", [value(field)], { perm: [0, 2, 3, 1] });
  return model.node("Reshape", [last, model.integers([-1, channels])], {});
}

/** The number of the pixel that each tap reads, for each position of the batch; of the last one if it is outside. */
function placesOf(
  { shape: field }: Node,
  { shape: positions }: Node,
  { pad, stride, dilation }: ConvAttributes,
  kernel: readonly [number, number],
): number[] {
  const [batch, , rows, cols] = field as Four;
  const [, , outRows, outCols] = positions as Four;
  const outside = batch * rows * cols;
  const places: number[] = [];
  for (let picture = 0; picture < batch; picture++)
    for (let r = 0; r < outRows; r++)
      for (let c = 0; c < outCols; c++)
        for (let y = 0; y < kernel[0]; y++)
          for (let x = 0; x < kernel[1]; x++) {
            const row = r * stride[0] + y * dilation[0] - pad.top;
            const col = c * stride[1] + x * dilation[1] - pad.left;
            const isInside = row >= 0 && row < rows && col >= 0 && col < cols;
            places.push(isInside ? (picture * rows + row) * cols + col : outside);
          }
  return places;
}

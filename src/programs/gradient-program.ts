import { gradients } from "../autodiff/gradients.ts";
import { concat, mean, reshape } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { Program } from "../lower/onnx/lower.ts";
import type { Network } from "./network.ts";
import { packParameters, parameterVector } from "./parameters.ts";

/** The loss and its gradient for all parameters, as one vector: forward and backward. */
export function gradientProgram({ nats, picture, declarations }: Network): Program {
  // The mean over sub-pixels, not the sum: one learning rate and one clipping norm then suit pictures of any size.
  const loss = mean(nats);
  const parts = gradients(
    loss,
    declarations.map(({ node }) => node),
  ).map((gradient) => reshape(gradient, [sizeOf(gradient.shape)]));
  const [natsPerSubPixel, gradient] = packParameters(
    [loss, concat(parts, 0)],
    declarations,
    parameterVector(declarations),
  ) as [Node, Node];
  return { name: `gradient, batch ${picture.shape[0]}`, outputs: { natsPerSubPixel, gradient } };
}

import { gradients } from "../autodiff/gradients.ts";
import { concat, div, mul, reshape, sum } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { packParameters } from "./parameters.ts";
import type { Trainable, TrainablePart, TracedFigure } from "./trainable.ts";

/**
 * The gradient of a part's loss for all its parameters, as one vector, times the fraction of the batch that its pictures
 * are; the loss; and what its figures are made of.
 */
export function gradientProgram({ parts, picture }: Trainable, part: TrainablePart, fraction = 1): Program {
  const own = gradients(
    part.loss,
    part.declarations.map(({ node }) => node),
  ).map((gradient) => reshape(gradient, [sizeOf(gradient.shape)]));
  const batch = picture.shape[0]!;
  const outputs = {
    loss: part.loss,
    gradient: fraction === 1 ? concat(own, 0) : mul(concat(own, 0), fraction),
    ...Object.fromEntries(part.figures.map((figure) => [outputOf(figure), div(sum(figure.node), batch)])),
  };
  const packed = packParameters(Object.values(outputs), parts);
  return {
    name: `gradient of ${part.name}, batch ${batch}`,
    outputs: Object.fromEntries(Object.keys(outputs).map((name, i): [string, Node] => [name, packed[i]!])),
  };
}

/** The name of the output that holds a figure's mean over pictures, without its scale. */
export const outputOf = ({ name }: TracedFigure): string => `figure ${name}`;

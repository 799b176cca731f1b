import {
  abs,
  add,
  concat,
  elu,
  greater,
  log,
  maximum,
  mul,
  neg,
  sigmoid,
  stopGradient,
  sub,
} from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/** A function of features, whose result is so many parts, one after the other, of as many channels as there were. */
export interface Nonlinearity {
  readonly of: (x: Node) => Node;
  readonly parts: number;
}

export const ELU: Nonlinearity = { of: elu, parts: 1 };

/** Concatenated ELU, elu([x, -x]): W. Shang et al. 2016, as PixelCNN++ has it (Salimans et al. 2017). */
export const CONCATENATED_ELU: Nonlinearity = { of: (x) => elu(concat([x, neg(x)], 1)), parts: 2 };

/** Of the variance of weights that read ELU's result: it has 0.645 of the square of what is normally distributed. */
export const GAIN_AFTER_ELU = 1 / 0.645;

/** The same of the length of such weights. */
export const AFTER_ELU = Math.sqrt(GAIN_AFTER_ELU);

const LEAK = 0.2;

/**
 * Leaky ReLU: x where x > 0, else x / 5. Written as x times its slope, which all derivatives of every order are
 * multiplied by too, and which is computed once.
 */
export const leakyRelu = (x: Node): Node => mul(x, stopGradient(maximum(greater(x, 0), LEAK)));

/**
 * Of the variance of weights beside leaky ReLU, which keeps (1 + LEAK^2) / 2 of the square of what is normally
 * distributed.
 */
export const GAIN_OF_LEAKY_RELU = 2 / (1 + LEAK ** 2);

/**
 * log(1 + e^x), where nothing overflows: (x + |x|) / 2 - log sigmoid(|x|). Its derivative at 0 is 1/2, as it should
 * be.
 */
export function softplus(x: Node): Node {
  const size = abs(x);
  return sub(mul(add(x, size), 0.5), log(sigmoid(size)));
}

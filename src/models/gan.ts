import { add, conv, mul, reshape, sum } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { fanInUniform, zeros } from "../nn/initialisers.ts";
import { leakyRelu, GAIN_OF_LEAKY_RELU } from "../nn/nonlinearity.ts";
import { averagePool, repeatPixels } from "../nn/resampling.ts";
import type { Scope } from "../nn/scope.ts";
import { ADVERSARIAL_SETTINGS } from "./adversarial-settings.ts";
import type { GanModel } from "./model.ts";

/**
 * The networks of R3GAN: Y. Huang, A. Gokaslan, V. Kuleshov, J. Tompkin, "The GAN is dead; long live the GAN! A Modern
 * GAN Baseline", NeurIPS 2024, section 4: residual blocks of a 1 x 1, a 3 x 3 and a 1 x 1 convolution at each
 * resolution, the discriminator the generator's mirror image, no normalisation. Goodfellow et al. 2014 is where GANs
 * come from.
 *
 * Departures, as pictures are small and there is no grouped convolution: the 3 x 3 is a whole one, as wide as the block
 * (there it is grouped and twice as wide); pixels are repeated and squares averaged where there the filter [1, 2, 1]
 * resamples; the smallest field is a linear map of the latents (there a learnt field whose channels they scale).
 */
export type GanConfig = {
  /** Normally distributed numbers that a picture is made of. Paper: 64. */
  readonly latents: number;
  /** Feature maps at the picture's own size; twice as many at half the size, and so on. */
  readonly width: number;
  /** Residual blocks at each size. Paper: 2. */
  readonly blocks: number;
};

export const gan: GanModel<GanConfig> = {
  family: "gan",
  name: "gan",
  defaults: { latents: 64, width: 32, blocks: 1 },
  presets: {},
  settings: ADVERSARIAL_SETTINGS,

  latents: ({ latents }) => latents,

  generator(scope, latents, { width, blocks }, { channels, rows, cols, classes }) {
    const fields = fieldsOf(rows, cols, width).reverse();
    const [smallest] = fields as [FieldSize];
    let v = smallestField(scope.at("latents"), latents, smallest);
    if (classes) v = add(v, smallestField(scope.at("class"), classes, smallest, classes.shape[1]!));
    for (const field of fields) {
      const own = scope.at(nameOf(field));
      if (field !== smallest) v = repeatPixels(linear(own.at("narrow"), v, field.maps)); // [.., maps, 2 rows, 2 cols]
      for (let i = 0; i < blocks; i++) v = residualBlock(own.at(`block${i}`), v, blocks * fields.length);
    }
    return linear(scope.at("picture"), v, channels); // [.., channels, rows, cols]
  },

  discriminator(scope, x, { width, blocks }, { classes }) {
    const fields = fieldsOf(x.shape[2]!, x.shape[3]!, width);
    const [largest, smallest] = [fields[0]!, fields.at(-1)!];
    let v = linear(scope.at("picture"), x, width);
    for (const field of fields) {
      const own = scope.at(nameOf(field));
      if (field !== largest) v = linear(own.at("widen"), averagePool(v), field.maps); // [.., maps, rows / 2, cols / 2]
      for (let i = 0; i < blocks; i++) v = residualBlock(own.at(`block${i}`), v, blocks * fields.length);
    }
    const { maps, rows, cols } = smallest;
    const field = scope.parameter("field", [1, maps, rows, cols], fanInUniform(rows * cols));
    const features = sum(mul(v, field), [2, 3]); // [batch, maps, 1, 1]
    // Projection (T. Miyato, M. Koyama 2018): each class has a direction of its own among the features.
    if (!classes) return linear(scope.at("score"), features, 1);
    return sum(mul(linear(scope.at("score"), features, classes.shape[1]!), classes), [1]);
  },
};

interface FieldSize {
  readonly maps: number;
  readonly rows: number;
  readonly cols: number;
}

const nameOf = ({ rows, cols }: FieldSize): string => `${rows}x${cols}`;

/** No side gets shorter than this by halving. */
const SMALLEST_SIDE = 4;

/**
 * The fields of a network, from the picture's own size on, each half as large and twice as wide as the one before: 28,
 * 14, 7.
 */
function fieldsOf(rows: number, cols: number, maps: number): FieldSize[] {
  const own = { maps, rows, cols };
  if (rows % 2 === 1 || cols % 2 === 1 || Math.min(rows, cols) < 2 * SMALLEST_SIDE) return [own];
  return [own, ...fieldsOf(rows / 2, cols / 2, 2 * maps)];
}

/**
 * A linear map of numbers, [batch, n, 1, 1], whose mean square is 1 / `gain`, to a field, [batch, maps, rows, cols].
 */
function smallestField(scope: Scope, x: Node, { maps, rows, cols }: FieldSize, gain = 1): Node {
  const numbers = convolution(scope, x, maps * rows * cols, 1, gain);
  return reshape(numbers, [x.shape[0]!, maps, rows, cols]);
}

/** x + a 1 x 1, a 3 x 3 and a 1 x 1 convolution of it. The last one starts as zeros, so that the block starts as x. */
function residualBlock(scope: Scope, x: Node, depth: number): Node {
  const maps = x.shape[1]!;
  // As in the authors' code: the first two of three layers are scaled by depth^(-1/4), as in Fixup (H. Zhang et al.
  // 2019).
  const gain = GAIN_OF_LEAKY_RELU / Math.sqrt(depth);
  const activated = (name: string, v: Node, kernel: number) => {
    const own = scope.at(name);
    const bias = own.parameter("bias", [1, maps, 1, 1], zeros);
    return leakyRelu(add(convolution(own, v, maps, kernel, gain), bias));
  };
  const inner = activated("spatial", activated("first", x, 1), 3);
  return named(add(x, convolution(scope.at("last"), inner, maps, 1, 0)), scope.path);
}

/** A 1 x 1 convolution that keeps the variance. */
const linear = (scope: Scope, x: Node, outputs: number): Node => convolution(scope, x, outputs, 1, 1);

/** A convolution without bias, of the input's size. */
function convolution(scope: Scope, x: Node, outputs: number, kernel: number, gain: number): Node {
  const inputs = x.shape[1]!;
  const initialiser = gain === 0 ? zeros : fanInUniform(inputs * kernel ** 2, gain);
  const weights = scope.parameter("weight", [outputs, inputs, kernel, kernel], initialiser);
  const side = (kernel - 1) / 2;
  return conv(x, weights, { pad: { top: side, left: side, bottom: side, right: side }, name: scope.path });
}

import { expected } from "../basics/errors.ts";
import { broadcast, concat, constant, elu, shift } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { withEachGroup } from "../nn/colour-groups.ts";
import { earlierPixels } from "../nn/earlier-pixels.ts";
import { gatedResidual } from "../nn/gated-residual.ts";
import { ABOVE, ABOVE_AND_LEFT } from "../nn/neighbourhood.ts";
import { AFTER_ELU, CONCATENATED_ELU } from "../nn/nonlinearity.ts";
import type { Scope } from "../nn/scope.ts";
import { normalisedConv, normalisedConvTranspose } from "../nn/weight-norm.ts";
import type { AutoregressiveModel, NetworkContext } from "./model.ts";

/**
 * PixelCNN++: T. Salimans, A. Karpathy, X. Chen, D. P. Kingma, "PixelCNN++: Improving the PixelCNN with Discretized
 * Logistic Mixture Likelihood and Other Modifications", ICLR 2017 (arXiv 1701.05517), figure 2 and the authors' code.
 *
 * Two streams: u sees the rows above, ul what is above and to the left. The up pass halves rows and columns from one
 * resolution to the next (32 x 32, 16 x 16, 8 x 8 in the paper). The down pass doubles them again, and each of its
 * layers has a short-cut from a layer of the up pass.
 *
 * Departures: weights are normalised, but not initialised from a first batch of data. The paper has one likelihood, a
 * mixture of logistics, with which the network sees whole pixels only. With a likelihood that orders R before G before
 * B, the maps of ul are in groups.
 */
export type PixelCnnPpConfig = {
  /** Feature maps of each stream. Paper: 160. */
  readonly width: number;
  /** Gated residual layers of each resolution in the up pass. Paper: 5. */
  readonly layers: number;
  /** Paper: 3. */
  readonly resolutions: number;
};

export const pixelcnnPp: AutoregressiveModel<PixelCnnPpConfig> = {
  family: "autoregressive",
  name: "pixelcnn-pp",
  defaults: { width: 32, layers: 1, resolutions: 3 },
  presets: {
    "paper-cifar10": { width: 160, layers: 5, resolutions: 3 },
  },

  network(scope, x, { width, layers, resolutions }, { outputs, ...context }) {
    checkSize(x, resolutions);
    const { groups } = context;
    // x: [batch, colours, rows, cols] in [-1, 1]. Row r of u has seen rows before r only, ul earlier (sub-)pixels.
    let streams = firstLayer(scope.at("first"), x, width, groups); // both [.., width, ..]
    /** What the down pass has short-cuts from, by resolution. */
    const seen: Streams[][] = [];
    for (let i = 0; i < resolutions; i++) {
      const up = scope.at(`up${i}`);
      if (i > 0) streams = halved(up.at("halved"), streams, groups); // rows and cols / 2^i
      seen.push([streams]);
      for (let j = 0; j < layers; j++) {
        streams = layer(up.at(`layer${j}`), streams, context);
        seen[i]!.push(streams);
      }
    }
    streams = seen.at(-1)!.pop()!;
    for (let i = resolutions - 1; i >= 0; i--) {
      const down = scope.at(`down${i}`);
      if (i < resolutions - 1) streams = doubled(down.at("doubled"), streams, groups);
      for (const [j, shortCut] of seen[i]!.toReversed().entries()) {
        streams = layer(down.at(`layer${j}`), streams, context, shortCut);
      }
    }
    return normalisedConv(scope.at("logits"), elu(streams.ul), {
      outputs,
      kernel: [1, 1],
      groups,
      length: AFTER_ELU,
    }); // [.., outputs, rows, cols]
  },
};

interface Streams {
  readonly u: Node;
  readonly ul: Node;
}

/** Beside the picture is a channel of ones, which tells what is padding. */
function firstLayer(scope: Scope, x: Node, width: number, groups: number): Streams {
  const ones = broadcast(constant([1], [1, 1, 1, 1]), x.shape.with(1, 1));
  const seen = concat([x, ones], 1);
  return {
    u: normalisedConv(scope.at("u"), shift(seen, 1, 0), { outputs: width, ...ABOVE, groups: 1 }),
    ul: earlierPixels(scope.at("ul"), x, { outputs: width, groups }, seen),
  };
}

/** A gated residual layer of each stream: u comes into ul, and into both what the short-cut brings. */
function layer(
  scope: Scope,
  streams: Streams,
  { groups, ...condition }: Omit<NetworkContext, "outputs">,
  shortCut?: Streams,
): Streams {
  const u = gatedResidual(scope.at("u"), streams.u, {
    neighbourhood: ABOVE,
    nonlinearity: CONCATENATED_ELU,
    auxiliary: shortCut?.u,
    groups: 1,
    ...condition,
  });
  const ul = gatedResidual(scope.at("ul"), streams.ul, {
    neighbourhood: ABOVE_AND_LEFT,
    nonlinearity: CONCATENATED_ELU,
    auxiliary: shortCut ? withEachGroup(shortCut.ul, u, groups) : ofEachGroup(u, groups),
    groups,
    ...condition,
  });
  return { u, ul };
}

/** A field that every group may read: the same channels for each of them. */
const ofEachGroup = (x: Node, groups: number): Node =>
  concat(
    Array.from({ length: groups }, () => x),
    1,
  );

const STRIDE = [2, 2] as const;

/** Both streams with half the rows and columns. */
function halved(scope: Scope, { u, ul }: Streams, groups: number): Streams {
  const half = (name: "u" | "ul", x: Node, ownGroups: number) =>
    normalisedConv(scope.at(name), x, {
      outputs: x.shape[1]!,
      ...(name === "u" ? ABOVE : ABOVE_AND_LEFT),
      stride: STRIDE,
      groups: ownGroups,
    });
  return { u: half("u", u, 1), ul: half("ul", ul, groups) };
}

/**
 * Both streams with twice the rows and columns. A position of u is spread to two rows and, since it depends on none of
 * their pixels, one column further to the left; a position of ul to the four pixels that start at its own.
 */
function doubled(scope: Scope, { u, ul }: Streams, groups: number): Streams {
  const twice = { outputs: u.shape[1]!, stride: STRIDE };
  return {
    u: normalisedConvTranspose(scope.at("u"), u, {
      ...twice,
      kernel: [2, 3],
      pad: { left: 1 },
      groups: 1,
    }),
    ul: normalisedConvTranspose(scope.at("ul"), ul, { ...twice, kernel: [2, 2], groups }),
  };
}

/** Checks that rows and columns can be halved that many times. @throws ARGUMENT */
function checkSize({ shape }: Node, resolutions: number): void {
  const [, , rows, cols] = shape as [number, number, number, number];
  const multiple = 2 ** (resolutions - 1);
  if (rows % multiple === 0 && cols % multiple === 0) return;
  throw expected(
    "ARGUMENT",
    `rows and columns that are multiples of ${multiple}`,
    `pictures of pixelcnn-pp with ${resolutions} resolutions`,
    `${cols}x${rows}`,
  );
}

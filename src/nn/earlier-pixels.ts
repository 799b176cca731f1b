import { add, shift } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import type { Scope } from "./scope.ts";
import { normalisedConv } from "./weight-norm.ts";

export interface EarlierPixelsOptions {
  /** Feature maps of the result. */
  readonly outputs: number;
  /** Colours of the picture: maps are in as many groups, in order. */
  readonly groups: number;
}

/**
 * The first layer of PixelCNN++ and of PixelSNAIL: reads the row above and the column to the left and, where colours
 * have groups, of the pixel itself earlier colours. All layers after it may read their own position. [.., inputs, ..]
 * -> [.., outputs, ..] `seen` is what is read of other pixels: the picture's colours x, and what is put beside them.
 */
export function earlierPixels(
  scope: Scope,
  x: Node,
  { outputs, groups }: EarlierPixelsOptions,
  seen: Node = x,
): Node {
  const above = normalisedConv(scope.at("above"), shift(seen, 1, 0), {
    outputs,
    kernel: [1, 3],
    pad: { left: 1, right: 1 },
    groups: 1,
  });
  const left = normalisedConv(scope.at("left"), shift(seen, 0, 1), {
    outputs,
    kernel: [2, 1],
    pad: { top: 1 },
    groups: 1,
  });
  const before = named(add(above, left), scope.path);
  if (groups === 1) return before;
  const colours = { outputs, kernel: [1, 1], groups, mask: "A" } as const;
  return named(add(before, normalisedConv(scope.at("colours"), x, colours)), scope.path);
}

import { expected } from "../basics/errors.ts";
import type { PictureSize } from "../data/dataset.ts";
import { add, broadcast, constant, input, mul, pad, reshape, slice, sub } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { rewriteGraph } from "../graph/walk.ts";
import type { NoiseInput } from "../nn/noise-input.ts";
import { fieldOfKnown } from "./field.ts";
import { buildNetwork, NETWORK, type Network, type NetworkConfig, type NetworkOptions } from "./network.ts";
import type { GraphInputs, Part } from "./trainable.ts";

// An autoregressive model is one network, or several, coarse to fine: a picture is drawn at the smallest size, and then
// at twice as many rows and columns again and again. The picture of half the size is made of every second row and
// column, so that its pixels are pixels of the larger one, which has three more for each: by the chain rule
// p(picture) = p(small picture) p(the other three pixels of each | small picture), without any loss. A network of a
// larger picture knows these pixels in advance, as a field, and predicts all others in raster order. What lies between
// them is near to their mean: the network reads and predicts how pixels differ from that (`scaledField`).

/** One network of a model. */
export interface Stage {
  /** The name of its part. */
  readonly name: string;
  /** Of its own pictures, which have every `spacing`-th row and column of the whole ones. */
  readonly config: NetworkConfig;
  readonly spacing: number;
  /** Whether every second row and column of its pictures is known, from the stage before. */
  readonly isRefining: boolean;
}

/** The networks of a model, in the order in which they draw. @throws ARGUMENT if the size cannot be halved so often */
export function stagesOf(config: NetworkConfig): Stage[] {
  const { field, size } = config;
  if (field?.kind !== "coarse") return [{ name: NETWORK, config, spacing: 1, isRefining: false }];
  const { halvings, width, depth, sizes } = field;
  const most = 2 ** halvings;
  if (size.rows % most !== 0 || size.cols % most !== 0) {
    const wanted = `rows and columns that are multiples of ${most}`;
    throw expected("ARGUMENT", wanted, `pictures of ${halvings} halvings`, `${size.cols}x${size.rows}`);
  }
  return Array.from({ length: halvings + 1 }, (_, i) => {
    const spacing = 2 ** (halvings - i);
    const own = { ...config, size: spacedSize(size, spacing), field: undefined };
    if (i === 0) return { name: "base", config: own, spacing, isRefining: false };
    const modelConfig = { ...config.modelConfig, ...sizes };
    return {
      name: `x${2 ** i}`,
      config: { ...own, modelConfig, field: { kind: "known", isHalved: true, width, depth } },
      spacing,
      isRefining: true,
    };
  });
}

/** The size of what is left of pictures if only every `spacing`-th row and column is taken. */
const spacedSize = ({ channels, rows, cols }: PictureSize, spacing: number): PictureSize => ({
  channels,
  rows: rows / spacing,
  cols: cols / spacing,
});

/** A stage as a graph, of whole pictures. */
export interface TracedStage {
  readonly part: Part;
  /** -log p of the sub-pixels of its own pictures in nats, [batch, channels, rows, cols]: 0 where they are known. */
  readonly nats: Node;
}

/** All stages of a model as one graph. */
export interface TracedStages extends GraphInputs {
  readonly stages: readonly TracedStage[];
  readonly parts: readonly Part[];
  /** -log p of every sub-pixel in nats, [batch, channels, rows, cols]: 0 where they are known. */
  readonly nats: Node;
}

export interface StageOptions extends NetworkOptions {
  /**
   * Which pixels are known, of models that are conditioned on known pixels: 1 or 0, [batch or 1, 1, rows, cols]. None
   * if it is not given.
   */
  readonly known?: Node | undefined;
}

/** Writes all networks of a model out as one graph, for one batch size. @throws as `buildNetwork` and `stagesOf` */
export function traceStages(
  config: NetworkConfig,
  batch: number,
  { known, ...options }: StageOptions = {},
): TracedStages {
  const stages = stagesOf(config);
  const networks = stages.map(({ name, config: own }) =>
    buildNetwork(own, batch, { ...options, ...(stages.length > 1 && { path: name }) }),
  );
  // All read those of the last, whose pictures are the whole ones.
  const last = networks.at(-1)!;
  const { classes } = last;
  const pairs = config.field?.kind === "picture" ? pairsOf(last) : undefined;
  const picture = pairs?.picture ?? last.picture;
  const traced = stages.map((stage, i): TracedStage => {
    const network = networks[i]!;
    const own = pairs?.first ?? spaced(picture, stage.spacing);
    const fixed = knownIn(stage, network, known);
    const nats = replaced(network.nats, [
      [network.picture, own],
      [network.classes, classes],
      [network.field, pairs?.second ?? (fixed && fieldOfKnown(own, fixed))],
    ]);
    return { part: { name: stage.name, declarations: network.declarations }, nats: missing(nats, fixed) };
  });
  return {
    picture,
    classes,
    noise: networks.flatMap(({ noise }): readonly NoiseInput[] => noise),
    stages: traced,
    parts: traced.map(({ part }) => part),
    nats: traced.map(({ nats }) => nats).reduce((coarse, fine) => add(fine, spread(coarse))),
  };
}

/** Of a network that is conditioned on another picture, an input that has the channels of both: see `paired`. */
function pairsOf({ picture, field }: Network): { picture: Node<"input">; first: Node; second: Node } {
  const [own, all] = [picture.shape[1]!, picture.shape[1]! + field!.shape[1]!];
  const pairs = input(picture.attributes.name, picture.shape.with(1, all));
  return { picture: pairs, first: slice(pairs, 1, 0, own), second: slice(pairs, 1, own, all) };
}

/** Which pixels of a stage are known, [batch, 1, rows, cols]; undefined if its network reads no such field. */
function knownIn(
  { isRefining, config }: Stage,
  { field }: Network,
  known: Node | undefined,
): Node | undefined {
  if (!field || config.field?.kind === "picture") return undefined;
  const shape = field.shape.with(1, 1);
  return broadcast(isRefining ? everySecond(shape) : (known ?? constant([0], [1, 1, 1, 1])), shape);
}

/** 1 at every second row and column, from the first on. */
const everySecond = ([, , rows, cols]: readonly number[]): Node =>
  constant(knownFromCoarse({ rows: rows!, cols: cols! }), [1, 1, rows!, cols!]);

/** 1 where a pixel is one of the picture of half the size, else 0: [rows, cols]. */
export const knownFromCoarse = ({ rows, cols }: Pick<PictureSize, "rows" | "cols">): Uint8Array =>
  Uint8Array.from({ length: rows * cols }, (_, i) =>
    (i % cols) % 2 === 0 && Math.floor(i / cols) % 2 === 0 ? 1 : 0,
  );

/** Numbers of sub-pixels, 0 where these are known. */
export const missing = (nats: Node, known: Node | undefined): Node =>
  known ? mul(nats, sub(1, known)) : nats;

/** Every `spacing`-th row and column. */
function spaced(x: Node, spacing: number): Node {
  if (spacing === 1) return x;
  const [batch, channels, rows, cols] = x.shape as [number, number, number, number];
  const apart = reshape(x, [batch, channels, rows / spacing, spacing, cols / spacing, spacing]);
  return reshape(slice(slice(apart, 3, 0, 1), 5, 0, 1), [batch, channels, rows / spacing, cols / spacing]);
}

/** At every second row and column of a field that is 0 elsewhere. */
function spread(x: Node): Node {
  const [batch, channels, rows, cols] = x.shape as [number, number, number, number];
  const apart = reshape(x, [batch, channels, rows, 1, cols, 1]);
  return reshape(pad(pad(apart, 3, 0, 1), 5, 0, 1), [batch, channels, 2 * rows, 2 * cols]);
}

/** A graph with other nodes in the place of some. */
function replaced(graph: Node, by: readonly (readonly [Node | undefined, Node | undefined])[]): Node {
  const replacements = new Map(by);
  return rewriteGraph([graph], (node, original) => replacements.get(original) ?? node)[0]!;
}

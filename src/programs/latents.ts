import { oneHot } from "../data/classes.ts";
import { pictureLength } from "../data/dataset.ts";
import type { Node } from "../graph/node.ts";
import { arc } from "./interpolation.ts";
import type { ForwardGraph, OpenForward } from "./forward-pass.ts";
import type { NetworkConfig } from "./network.ts";
import { likeliestLevels, type PictureOutput } from "./picture-output.ts";
import type { GraphInputs, PartVectors } from "./trainable.ts";

/** From pictures to the means of their latents. */
export interface EncoderGraph extends ForwardGraph, Pick<GraphInputs, "picture"> {
  /** Of each group, [batch, latents]. */
  readonly latents: readonly Node[];
}

/** From latents to pictures. */
export interface DecoderGraph extends ForwardGraph {
  /** Of each group, as an encoder gives them. */
  readonly latents: readonly Node<"input">[];
  readonly output: PictureOutput;
}

/** How a model turns pictures into latents, and latents into pictures. */
export interface LatentMaps {
  readonly encoder: (config: NetworkConfig, batch: number) => EncoderGraph;
  readonly decoder: (config: NetworkConfig, batch: number) => DecoderGraph;
}

/** Latents of so many pictures: of each group, [count, latents]. */
export interface Latents {
  readonly count: number;
  readonly groups: readonly Float32Array[];
  /** What the model is told of the class of each picture, [count, classes], if it knows classes. */
  readonly classes: Float32Array | undefined;
}

interface Weighted {
  readonly config: NetworkConfig;
  readonly weights: PartVectors;
}

interface Runtime {
  readonly cores: () => number;
  readonly openForward: OpenForward;
  /** Pictures that are computed together, at most; `LATENTS_BATCH` by default. */
  readonly batch?: number | undefined;
}

/** How many pictures are computed together, if there are so many. */
export const LATENTS_BATCH = 32;

/** An encoder as a compiled program. */
export interface Encoder {
  /** Pictures that one call takes at most. */
  readonly batch: number;
  /**
   * The latents of each group, [count, latents], of levels [count, channels, rows, cols]; with what the model is told
   * of their classes, [count, classes], if it knows classes.
   */
  latents(pictures: Uint8Array, classes?: Float32Array): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** Opens an encoder for so many pictures at once, or fewer if they are many. */
export async function openEncoder(
  { encoder }: LatentMaps,
  { config, weights }: Weighted,
  atOnce: number,
  { cores, openForward, batch: together = LATENTS_BATCH }: Runtime,
): Promise<Encoder> {
  const graph = encoder(config, Math.min(together, atOnce));
  const batch = graph.picture.shape[0]!;
  const length = pictureLength(config.size);
  const forward = await openForward(graph, graph.latents, weights, { threads: cores() });
  return {
    batch,
    async latents(pictures, classes) {
      const count = pictures.length / length;
      const part = (values: Float32Array | Uint8Array) => partOf(values, 0, batch, count);
      const found = await forward.run(part(pictures), { noise: classes && { classes: part(classes) } });
      return found.map((values) => values.subarray(0, (values.length * count) / batch));
    },
    close: () => forward.close(),
  };
}

/** The means of the latents of pictures, levels [count, channels, rows, cols]. */
export async function encode(
  maps: LatentMaps,
  weighted: Weighted,
  { pictures, labels }: { readonly pictures: Uint8Array; readonly labels: ArrayLike<number> | undefined },
  runtime: Runtime,
): Promise<Latents> {
  const { config } = weighted;
  const length = pictureLength(config.size);
  const count = pictures.length / length;
  const known = config.classes?.length ?? 0;
  const classes = config.classes && labels && oneHot(labels, known);
  const encoder = await openEncoder(maps, weighted, count, runtime);
  try {
    const groups: Float32Array[] = [];
    for (let first = 0; first < count; first += encoder.batch) {
      const end = Math.min(first + encoder.batch, count);
      const found = await encoder.latents(
        pictures.subarray(first * length, end * length),
        classes?.subarray(first * known, end * known),
      );
      found.forEach((values, g) => {
        const each = values.length / (end - first);
        (groups[g] ??= new Float32Array(count * each)).set(values, first * each);
      });
    }
    return { count, groups, classes };
  } finally {
    await encoder.close();
  }
}

/** A decoder as a compiled program. */
export interface Decoder {
  /** Pictures that one call makes at most. */
  readonly batch: number;
  /** The likeliest pictures given their latents: levels [count, channels, rows, cols]. */
  pictures(latents: Latents): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a decoder for so many pictures at once, or fewer if they are many. */
export async function openDecoder(
  { decoder }: LatentMaps,
  { config, weights }: Weighted,
  atOnce: number,
  { cores, openForward, batch: together = LATENTS_BATCH }: Runtime,
): Promise<Decoder> {
  const graph = decoder(config, Math.min(together, atOnce));
  const batch = graph.latents[0]!.shape[0]!;
  const length = pictureLength(config.size);
  const forward = await openForward(graph, [graph.output.node], weights, { threads: cores() });
  return {
    batch,
    async pictures({ count, groups, classes }) {
      const part = (values: Float32Array) => partOf(values, 0, batch, count);
      const given = graph.latents.map(({ attributes }, g) => [attributes.name, part(groups[g]!)] as const);
      const noise = { ...Object.fromEntries(given), ...(classes && { classes: part(classes) }) };
      const [values] = await forward.run(undefined, { noise });
      const levels = likeliestLevels(graph.output, values!, config.size, config.levels);
      return levels.subarray(0, count * length);
    },
    close: () => forward.close(),
  };
}

/** The likeliest pictures given their latents: levels [count, channels, rows, cols]. */
export async function decode(
  maps: LatentMaps,
  weighted: Weighted,
  { count, groups, classes }: Latents,
  runtime: Runtime,
): Promise<Uint8Array> {
  const length = pictureLength(weighted.config.size);
  const decoder = await openDecoder(maps, weighted, count, runtime);
  try {
    const pictures = new Uint8Array(count * length);
    for (let first = 0; first < count; first += decoder.batch) {
      const end = Math.min(first + decoder.batch, count);
      const part = (values: Float32Array) => {
        const each = values.length / count;
        return values.subarray(first * each, end * each);
      };
      const latents = { count: end - first, groups: groups.map(part), classes: classes && part(classes) };
      pictures.set(await decoder.pictures(latents), first * length);
    }
    return pictures;
  } finally {
    await decoder.close();
  }
}

/**
 * The latents of `count` pictures on the way from the first of two to the second: on an arc, see `arc`; of classes
 * on a line.
 */
export function latentsBetween({ groups, classes }: Latents, count: number): Latents {
  const ends = (values: Float32Array) =>
    [values.subarray(0, values.length / 2), values.subarray(values.length / 2)] as const;
  return {
    count,
    groups: groups.map((values) => arc(...ends(values), count)),
    classes: classes && line(...ends(classes), count),
  };
}

/** Points from one vector to another at equal distances, [count, length]. */
const line = (from: Float32Array, to: Float32Array, count: number): Float32Array =>
  Float32Array.from({ length: count * from.length }, (_, at) => {
    const [done, i] = [Math.floor(at / from.length) / (count - 1), at % from.length];
    return (1 - done) * from[i]! + done * to[i]!;
  });

/** A batch of values of `count` pictures, filled up with zeros. */
function partOf(
  values: Float32Array | Uint8Array,
  first: number,
  batch: number,
  count: number,
): Float32Array {
  const length = values.length / count;
  const part = new Float32Array(batch * length);
  part.set(values.subarray(first * length, (first + batch) * length));
  return part;
}

import { multiplyAdds } from "../graph/multiply-adds.ts";
import { receptiveField, type ReceptiveField } from "../graph/receptive-field.ts";
import { multiplyAddsOfTimes } from "../lower/step/multiply-adds.ts";
import { bytesOfDrawer } from "../runtime/step/draw.ts";
import { bytesOfFields } from "../runtime/step/layout.ts";
import { buildNetwork, type Network, type NetworkConfig } from "./network.ts";
import { parameterCount } from "./parameters.ts";
import { samplerProgram } from "./step-program.ts";

/** What a pixel sees, and what drawing it takes. */
export interface NetworkExplanation {
  /** Undefined if no pixel depends on any other. */
  readonly receptiveField: ReceptiveField | undefined;
  /** Of a full pass over a picture, without masked weights. */
  readonly multiplyAddsPerPixel: number;
  readonly sampler: SamplerInfo;
}

/** What drawing a picture takes, pixel by pixel. */
export interface SamplerInfo {
  /** Multiply-adds for each pixel, by when they are done. */
  readonly multiplyAddsPerPixel: {
    /** Before a row is begun, for all its columns; their share for one pixel. */
    readonly row: number;
    /** Before the first colour of the pixel is drawn. */
    readonly pixel: number;
    /** Before each further colour. */
    readonly colours: readonly number[];
    /** When the whole pixel is known. */
    readonly after: number;
    /** When the whole row is known, for all its columns; their share for one pixel. */
    readonly rowEnd: number;
  };
  /** Bytes that are kept of a picture while it is drawn. */
  readonly bytesPerPicture: number;
  /**
   * Memory of a thread that draws one picture: what is kept of it, weights, and tables of what depends on the position.
   */
  readonly bytes: number;
}

/** What a pixel of a network sees, and what drawing with it takes. @throws SCHEDULE as `samplerProgram` */
export function explainNetwork(config: NetworkConfig): NetworkExplanation {
  const network = buildNetwork(config, 1);
  const { logits, picture } = network;
  return {
    receptiveField: receptiveField(logits, picture),
    multiplyAddsPerPixel: multiplyAdds([logits]) / (config.size.rows * config.size.cols),
    sampler: describeSampler(network),
  };
}

function describeSampler(network: Network): SamplerInfo {
  // The times do not depend on the values of the weights.
  const weights = new Float32Array(parameterCount(network.declarations)).fill(1);
  const sampler = samplerProgram(network, weights);
  const program = sampler.steps;
  const [row, pixel, ...later] = multiplyAddsOfTimes(program) as [number, number, ...number[]];
  const [after, rowEnd] = later.splice(program.channels - 1) as [number, number];
  return {
    multiplyAddsPerPixel: { row, pixel, colours: later, after, rowEnd },
    bytesPerPicture: bytesOfFields(program),
    bytes: bytesOfDrawer(sampler, 1),
  };
}

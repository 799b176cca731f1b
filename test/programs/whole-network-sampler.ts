import { seedKey } from "../../src/basics/philox.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { levelAt } from "../../src/likelihood/likelihood.ts";
import { openForward } from "../../src/programs/forward.ts";
import { NETWORK, type Network } from "../../src/programs/network.ts";
import { pixelUniform } from "../reference/pixel-uniform.ts";
import { labelsInTurn } from "./tiny.ts";

export interface WholeNetworkSampler {
  /**
   * New pictures, of all classes in turn: levels [batch, channels, rows, cols]; `first` is the number of the first one.
   */
  draw(options: { seed: number; temperature: number; first?: number }): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Draws pictures sub-pixel by sub-pixel in raster order, running the whole network on ONNX Runtime for each: what the
 * incremental sampler is checked against.
 */
export async function openWholeNetworkSampler(
  network: Network,
  weights: Float32Array,
): Promise<WholeNetworkSampler> {
  const { picture, logits, likelihood } = network;
  const forward = await openForward(network, [logits], { [NETWORK]: weights });
  const [batch, channels, rows, cols] = picture.shape as [number, number, number, number];
  const pixels = rows * cols;
  const groups = likelihood.groups(channels);
  const [logitsOfGroup, channelsOfGroup] = [logits.shape[1]! / groups, channels / groups];
  return {
    async draw({ seed, temperature, first = 0 }) {
      const key = seedKey(seed);
      const levels = new Float32Array(sizeOf(picture.shape));
      for (let pixel = 0; pixel < pixels; pixel++)
        for (let channel = 0; channel < channels; channel++) {
          const [values] = await forward.run(levels, { labels: labelsInTurn(network, batch, first) });
          for (let i = 0; i < batch; i++) {
            const group = i * groups + Math.floor(channel / channelsOfGroup);
            const own = Float64Array.from(
              { length: logitsOfGroup },
              (_, k) => values![(group * logitsOfGroup + k) * pixels + pixel]!,
            );
            const earlier = Array.from(
              { length: channel % channelsOfGroup },
              (_, k) => levels[(group * channelsOfGroup + k) * pixels + pixel]!,
            );
            const uniform = pixelUniform(key, first + i, pixel, channel);
            const level = levelAt(likelihood.masses(own, temperature, earlier), uniform);
            levels[(i * channels + channel) * pixels + pixel] = level;
          }
        }
      return Uint8Array.from(levels);
    },
    close: () => forward.close(),
  };
}

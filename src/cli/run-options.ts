import type { Extent } from "../data/dataset.ts";
import type { RunConfig } from "../run/config.ts";
import { requestOf } from "../train/config-of-request.ts";
import { textOfSizes } from "./network-options.ts";

/** The options, in the form of a configuration file, that `train` needs to repeat the run in a folder. */
export function optionsOf(config: RunConfig, run: string): Record<string, unknown> {
  const { sizes, settings, fineSizes, resize, crop, ...rest } = requestOf(config, run);
  const text = (extent: Extent | undefined) => extent && `${extent.cols}x${extent.rows}`;
  const options = {
    ...rest,
    ...sizes,
    ...settings,
    fineSizes: fineSizes && textOfSizes(fineSizes),
    resize: text(resize),
    crop: text(crop),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

import type { RunConfig } from "../run/config.ts";
import { requestOf } from "../train/request.ts";

/** The options, in the form of a configuration file, that `train` needs to repeat a run. */
export function optionsOf(config: RunConfig): Record<string, unknown> {
  const { sizes, resize, ...rest } = requestOf(config);
  const options = { ...rest, ...sizes, resize: resize && `${resize.cols}x${resize.rows}` };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

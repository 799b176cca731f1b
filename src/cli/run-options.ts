import type { RunConfig } from "../run/config.ts";

/** The options, in the form of a configuration file, that `train` needs to repeat a run. */
export function optionsOf({ network, data, training }: RunConfig): Record<string, unknown> {
  const { modelConfig, size: _, classes, ...ofNetwork } = network;
  const { train: dataset, valid, resize, pictures: __, ...reading } = data;
  return given({
    dataset,
    [typeof valid === "string" ? "valid" : "validFraction"]: valid,
    ...reading,
    resize: resize && `${resize.cols}x${resize.rows}`,
    ...ofNetwork,
    ...modelConfig,
    classConditional: classes !== undefined,
    ...training,
  });
}

const given = (options: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null));

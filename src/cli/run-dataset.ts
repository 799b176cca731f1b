import type { Dataset } from "../data/dataset.ts";
import { openDataset, type OpenOptions } from "../data/open.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { fetchDisplay } from "./fetch-display.ts";
import { note } from "./output.ts";

/** A data set, read as a run's training pictures were, with warnings and downloads on stderr. Errors as of `openDataset`. */
export const openRunDataset = (
  { config, data }: SavedModel,
  name: string,
  options: Pick<OpenOptions, "channels" | "skipBad">,
): Promise<Dataset> =>
  openDataset(name, {
    levels: config.levels,
    gray: data.gray,
    resize: data.resize ?? undefined,
    labels: config.classes !== undefined,
    ...options,
    onWarning: (warning) => note(`warning: ${warning}`),
    download: { onEvent: fetchDisplay() },
  });

import type { SavedModel } from "../run/saved-model.ts";
import { version } from "../version.ts";

/** What a picture says of how it was made. */
export const pngText = ({ config, step }: SavedModel, drawing: object): Record<string, string> => ({
  Software: `nextpixel ${version}`,
  nextpixel: JSON.stringify({ model: config.model, step, ...drawing, levels: config.levels }),
});

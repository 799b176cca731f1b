import { NextpixelError } from "../basics/errors.ts";
import { familyOf } from "../families/by-name.ts";
import type { TrainedModel } from "../families/family.ts";
import { bestFigureIn } from "./best-weights.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { readCheckpoint, type CheckpointChoice } from "./checkpoints.ts";
import { readRunConfig, type RunConfig } from "./config.ts";
import { readTokenizer } from "./tokenizer-file.ts";
import { toWeights, weightsIn, type BestFigure } from "./training-state.ts";

/** A trained model as a run folder keeps it. */
export interface SavedModel extends TrainedModel {
  /** How its training pictures were read. */
  readonly data: RunConfig["data"];
  /** Steps that it was trained for. */
  readonly step: number;
  /** Of the validation that chose these weights, if one did. */
  readonly best?: BestFigure | undefined;
}

/**
 * The model of a run, with the averaged weights of a checkpoint, by default of the best one.
 *
 * @throws NOT_FOUND, FORMAT; as `readTokenizer` of a network that draws codes
 */
export async function loadSavedModel(run: string, choice: CheckpointChoice = "best"): Promise<SavedModel> {
  const { network: config, data } = await readRunConfig(run);
  const checkpoint = await readCheckpoint(run, choice);
  const { parts } = namingFile(`${run}/config.json`, () => familyOf(config).evaluation(config, 1));
  const tokenizer = config.tokenizer && (await readTokenizer(run, config));
  const weights = { ...weightsIn(checkpoint, parts), ...tokenizer?.model.weights };
  return { config, data, step: checkpoint.step, weights, best: bestFigureIn(checkpoint) };
}

/** The file of a model's weights alone, which `loadSavedModel` and `trainedModel` read. */
export function encodeWeights({ config, step, weights, best }: SavedModel): Uint8Array {
  const { parts } = familyOf(config).evaluation(config, 1);
  return encodeCheckpoint(toWeights(step, weights, parts, best));
}

/** The result of `build`. Its errors name the file that asked for it. */
function namingFile<Value>(file: string, build: () => Value): Value {
  try {
    return build();
  } catch (cause) {
    if (!(cause instanceof NextpixelError)) throw cause;
    throw new NextpixelError(cause.code, `${file}: ${cause.message}`, { cause, about: cause.about });
  }
}

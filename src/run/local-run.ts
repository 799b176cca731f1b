import type { FetchOptions } from "../fetch/settings.ts";
import { fetchSettings } from "../fetch/settings.ts";
import { cachedModel } from "../hub/cached-model.ts";
import { hubModel } from "../hub/names.ts";
import { CONFIG, PACKED_WEIGHTS, TOKENIZER_FILE } from "./run-folder.ts";

/** The tokenizer is that of networks that draw codes. */
const FILES = { needed: [CONFIG, PACKED_WEIGHTS], optional: [TOKENIZER_FILE] };

/**
 * The folder of the run that is meant: a path is that of a folder, and `hf:owner/name` or `hf:owner/name@revision` a
 * packed model on the Hugging Face Hub, which is downloaded into the cache.
 *
 * @throws ARGUMENT if it begins with `hf:` and goes on in another way; the errors of `cachedModel`.
 */
export async function localRun(name: string, download?: FetchOptions): Promise<string> {
  const model = hubModel(name);
  return model ? cachedModel(model, FILES, fetchSettings(download)) : name;
}

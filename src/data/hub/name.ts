import { expected } from "../../basics/errors.ts";

/** A split of a data set on the Hugging Face Hub. */
export interface HubName {
  /** owner/name */
  readonly repository: string;
  /** One of several versions of the data set that a repository may have. */
  readonly config: string | undefined;
  readonly split: string;
}

const PART = "[A-Za-z0-9_][A-Za-z0-9._-]*";
const NAME = new RegExp(`^hf:(${PART}/${PART})(?:/(${PART}))?(?::(${PART}))?$`);

/**
 * What `hf:owner/name`, `hf:owner/name:test` and `hf:owner/name/config:test` mean; the split is `train` if none is
 * named. Undefined if a name does not begin with `hf:`.
 *
 * @throws ARGUMENT if it goes on in another way.
 */
export function hubName(name: string): HubName | undefined {
  if (!name.startsWith("hf:")) return undefined;
  const [, repository, config, split = "train"] = NAME.exec(name) ?? [];
  if (repository !== undefined) return { repository, config, split };
  const forms = "hf:owner/name, hf:owner/name:split or hf:owner/name/config:split";
  throw expected("ARGUMENT", forms, "a data set on the Hub", name);
}

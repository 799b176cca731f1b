import { NextpixelError } from "../../basics/errors.ts";

/** A split of a data set on the Hugging Face Hub. */
export interface HubName {
  readonly owner: string;
  readonly repository: string;
  /** One of several versions of the data set that a repository may have; undefined if there is but one. */
  readonly config: string | undefined;
  readonly split: string;
}

const PART = "[A-Za-z0-9_][A-Za-z0-9._-]*";
const NAME = new RegExp(`^hf:(${PART})/(${PART})(?:/(${PART}))?(?::(${PART}))?$`);

/**
 * `hf:owner/name`, `hf:owner/name:test`, `hf:owner/name/config:test`; the split is `train` if none is named. Undefined if a name
 * does not begin with `hf:`, ARGUMENT error if it goes on in another way.
 */
export function hubName(name: string): HubName | undefined {
  if (!name.startsWith("hf:")) return undefined;
  const [, owner, repository, config, split = "train"] = NAME.exec(name) ?? [];
  if (owner !== undefined && repository !== undefined) return { owner, repository, config, split };
  throw new NextpixelError(
    "ARGUMENT",
    `expected hf:owner/name, hf:owner/name:split or hf:owner/name/config:split, received "${name}"`,
  );
}

/**
 * The Parquet files of a split, in order, among the paths of a repository. They are told by their names: those of the Hub's
 * own tools (`data/train-00000-of-00002.parquet`, `config/train-00000-of-00001-0123456789abcdef.parquet`), of its conversions
 * (`config/train/0000.parquet`), or `train.parquet`. NOT_FOUND error if there are none; ARGUMENT error if there are several configs.
 */
export function splitFiles(name: string, { config, split }: HubName, paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => {
    const place = placeOf(path);
    return place ? [{ path, ...place }] : [];
  });
  const names = (part: "split" | "config") => [...new Set(found.map((one) => one[part]))].sort().join(", ");
  const ofConfig = config === undefined ? found : found.filter((one) => one.config === config);
  if (ofConfig.length === 0) {
    const there = found.length === 0 ? "none" : `those of ${names("config")}`;
    const wanted = config === undefined ? "Parquet files" : `Parquet files of config "${config}"`;
    throw new NextpixelError("NOT_FOUND", `expected ${wanted} in "${name}", received ${there}`);
  }
  const ofSplit = ofConfig.filter((one) => one.split === split);
  if (ofSplit.length === 0) {
    throw new NextpixelError(
      "NOT_FOUND",
      `expected Parquet files of split "${split}" in "${name}", received those of ${names("split")}`,
    );
  }
  const configs = [...new Set(ofSplit.map((one) => one.config))];
  if (configs.length > 1) {
    throw new NextpixelError(
      "ARGUMENT",
      `expected the config of "${name}" to be named (hf:owner/name/config:split), received none of ${configs.join(", ")}`,
    );
  }
  return ofSplit.map(({ path }) => path).sort();
}

/** What the name of a Parquet file says of what is in it. */
function placeOf(path: string): { readonly config: string; readonly split: string } | undefined {
  const names = path.split("/");
  const file = names.pop()!;
  // Conversions of large data sets are partial.
  const folder = /^\d+\.parquet$/.test(file) ? names.pop()?.replace(/^partial-/, "") : undefined;
  const split = folder ?? /^(.+?)(?:-\d+-of-\d+(?:-[0-9a-f]+)?)?\.parquet$/.exec(file)?.[1];
  return split === undefined ? undefined : { config: names.at(-1) ?? "", split };
}

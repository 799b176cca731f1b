import { posix } from "node:path";
import { expected } from "../../basics/errors.ts";
import type { CachedFile } from "../../fetch/download.ts";
import type { FetchSettings } from "../../fetch/settings.ts";
import { unexpected } from "../../files/unexpected.ts";
import { entriesAt } from "../../hub/listing.ts";
import { NAME } from "../../hub/names.ts";

const DATA_SET = new RegExp(`^hf:(${NAME}/${NAME})(?:/(${NAME}))?(?::(${NAME}))?$`);

/**
 * What `hf:owner/name`, `hf:owner/name:test` and `hf:owner/name/config:test` mean; the split is `train` if none is
 * named. A repository may have several configs, which are versions of its data set. Undefined if a name does not begin
 * with `hf:`.
 *
 * @throws ARGUMENT if it goes on in another way.
 */
export function hubName(name: string) {
  if (!name.startsWith("hf:")) return undefined;
  const [, repository, config, split = "train"] = DATA_SET.exec(name) ?? [];
  if (repository !== undefined) return { repository, config, split };
  const forms = "hf:owner/name, hf:owner/name:split or hf:owner/name/config:split";
  throw expected("ARGUMENT", forms, "a data set on the Hub", name);
}

/** The branch of a repository in which the Hub keeps Parquet files, in a folder for each config and split. */
const BRANCH = "refs%2Fconvert%2Fparquet";

/**
 * The Parquet files of a split that the Hub lists, its own or those that it has converted
 * (https://huggingface.co/docs/dataset-viewer/parquet). A split of which it has converted only the beginning has
 * another name there: `partial-train` in place of `train`.
 *
 * @throws DOWNLOAD if the Hub cannot be asked; NOT_FOUND if it has no such data set, config or split, or if the config
 * must be named; FORMAT if its answer is something else, or has no files.
 */
export async function hubListing(name: string, settings: FetchSettings): Promise<CachedFile[]> {
  const { repository, config, split } = hubName(name)!;
  const tree = `${settings.hub}/api/datasets/${repository}/tree/${BRANCH}`;
  const listed = (path: string) => entriesAt(tree + path, "data set with Parquet files", settings);
  const folderIn = async (path: string, what: string, wanted: string | undefined): Promise<string> => {
    const folders = (await listed(path)).filter(({ type }) => type === "directory");
    const names = folders.map((folder) => posix.basename(folder.path));
    const chosen = wanted ?? (names.length === 1 ? names[0]! : "default");
    if (names.includes(chosen)) return `${path}/${encodeURIComponent(chosen)}`;
    const form = wanted === undefined ? " to be named (hf:owner/name/config:split)" : "";
    const found = `one of the ${what} ${names.length > 0 ? names.join(", ") + form : "(none)"}`;
    throw expected("NOT_FOUND", found, "a data set on the Hub", name);
  };
  const folder = await folderIn(await folderIn("", "configs", config), "splits", split);
  const files = (await listed(folder)).filter(({ path, size }) => path.endsWith(".parquet") && size > 0);
  if (files.length === 0) throw unexpected(name, "Parquet files in this split", "none");
  return files.map(({ path, size, lfs }, i) => ({
    path: `${String(i).padStart(4, "0")}.parquet`,
    url: `${settings.hub}/datasets/${repository}/resolve/${BRANCH}${folder}/${encodeURIComponent(posix.basename(path))}`,
    bytes: lfs?.size ?? size,
    sha256: lfs?.oid,
  }));
}

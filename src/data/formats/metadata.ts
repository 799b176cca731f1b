import { posix } from "node:path";
import * as v from "valibot";
import { checked } from "../../files/checked.ts";
import { parseCsv } from "../../files/csv.ts";
import { parseJson } from "../../files/json.ts";
import { decodeText } from "../../files/text.ts";
import { unexpected } from "../../files/unexpected.ts";
import type { Dataset } from "../dataset.ts";
import type { FileTree } from "./file-tree.ts";

/** The names of files that tell what pictures are, beside them or above, as image folders of Hugging Face have them. */
export const METADATA_NAMES: readonly string[] = ["metadata.csv", "metadata.jsonl"];
const MAX_BYTES = 2 ** 28;

/** Whether a file tells what pictures are. */
export const isMetadata = (path: string): boolean => METADATA_NAMES.includes(posix.basename(path));

const rowSchema = v.object({
  file_name: v.string(),
  label: v.optional(v.union([v.string(), v.pipe(v.number(), v.safeInteger())])),
});

/** What a metadata file says of a picture. */
interface Row {
  /** The file and the place in it, for errors. */
  readonly where: string;
  /** The picture's path in the tree. */
  readonly path: string;
  readonly label: string | undefined;
}

/**
 * The labels that the metadata files of a tree give to its pictures at `paths`, which are in its folder `under`: in the
 * column `label`, beside `file_name`, a path from where the metadata file is. Undefined if there is no such column.
 *
 * @throws FORMAT that names the file and the row if one is wrong, names no picture that is there, or if a picture has
 * no label, or two.
 */
export async function metadataLabels(
  tree: FileTree,
  under: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const files = tree.paths.filter(isMetadata);
  const rows: Row[] = [];
  for (const file of files) for (const row of await rowsOf(tree, file)) rows.push(row);
  if (rows.every(({ label }) => label === undefined)) return undefined;
  const pictures = new Set(paths);
  const labels = new Map<string, string>();
  for (const { where, path, label } of rows) {
    if (!path.startsWith(under)) continue;
    if (!pictures.has(path)) throw unexpected(where, "the name of a picture that is there", path);
    if (label === undefined) throw unexpected(where, `a label for ${path}`, "none");
    if (labels.has(path)) throw unexpected(where, `${path} once`, "it again");
    labels.set(path, label);
  }
  const without = paths.find((path) => !labels.has(path));
  if (without === undefined) return labels;
  const names = files.map((file) => tree.nameOf(file)).join(", ");
  throw unexpected(names, "a label for every picture", `none for ${without}`);
}

/** Labels by the names of their classes, which are sorted by UTF-16 code units, as folders are. */
export function classesOfNames(labels: readonly string[]): Pick<Dataset, "labels" | "classNames"> {
  const classNames = [...new Set(labels)].sort();
  const numbers = new Map(classNames.map((name, label) => [name, label]));
  return { labels: Int32Array.from(labels, (name) => numbers.get(name)!), classNames };
}

async function rowsOf(tree: FileTree, path: string): Promise<Row[]> {
  const file = tree.nameOf(path);
  const bytes = await tree.read(path, MAX_BYTES);
  const rows = path.endsWith(".csv") ? csvRows(bytes, file) : jsonRows(bytes, file);
  return rows.map(({ where, row }) => {
    const { file_name: name, label } = checked(rowSchema, row, where);
    return {
      where,
      path: posix.join(posix.dirname(path), name),
      label: label === undefined || label === "" ? undefined : String(label),
    };
  });
}

function csvRows(bytes: Uint8Array, file: string) {
  const [names = [], ...records] = parseCsv(decodeText(bytes, file), file);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw unexpected(file, "each column once", twice);
  return records.map((record, i) => {
    const where = `${file}: row ${i + 1}`;
    if (record.length !== names.length)
      throw unexpected(where, `${names.length} fields`, String(record.length));
    return { where, row: Object.fromEntries(names.map((name, field) => [name, record[field]!])) };
  });
}

function jsonRows(bytes: Uint8Array, file: string) {
  const lines = decodeText(bytes, file).split("\n");
  return lines.flatMap((line, i) => {
    const where = `${file}: line ${i + 1}`;
    return line.trim() === "" ? [] : [{ where, row: parseJson(Buffer.from(line), where) }];
  });
}

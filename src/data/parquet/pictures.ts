import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type FileMetaData,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import * as v from "valibot";
import { unexpected } from "../../files/unexpected.ts";
import { PICTURE_KINDS, pictureEnding } from "../picture-file.ts";
import { CLASS_NAMES } from "./unpack.ts";

/** Limits: rows of all files, bytes of one row group, uncompressed, and classes without names. */
const MAX_ROWS = 2 ** 24;
const MAX_GROUP_BYTES = 2 ** 30;
const MAX_CLASSES = 2 ** 16;

/**
 * What Hugging Face's `datasets` writes about the columns: JSON in the entry `huggingface` of a Parquet file's
 * metadata.
 */
const feature = v.object({ _type: v.string(), names: v.optional(v.array(v.string())) });
const features = v.record(v.string(), v.fallback(feature, { _type: "other" }));
const notes = v.pipe(v.string(), v.parseJson(), v.object({ info: v.object({ features }) }));

type Table = Awaited<ReturnType<typeof openTable>>;
type Row = Readonly<Record<string, unknown>>;

/**
 * Writes the encoded pictures of Parquet files, in the form of Hugging Face's `datasets`, into a folder, which is made.
 * Files are named by their rows, and are in a sub-folder for each class if there is a column of labels. As not every
 * name of a class is possible for a folder, sub-folders have numbers, and the file CLASS_NAMES has the names by folder.
 * `onProgress` is called with the number of pictures so far, and of all.
 *
 * @throws FORMAT if a file has no such pictures or labels; errors of the file system; other errors, of the decoder, if
 * a file is damaged.
 */
export async function unpackPictures(
  files: readonly string[],
  folder: string,
  onProgress: (pictures: number, of: number) => void,
): Promise<void> {
  const tables: Table[] = [];
  for (const file of files) tables.push(await openTable(file));
  const total = tables.reduce((sum, { rows }) => sum + rows, 0);
  if (!(total >= 1 && total <= MAX_ROWS))
    throw unexpected(files.join(", "), `1 to ${MAX_ROWS} pictures`, String(total));
  const classFolders = new Map<string, string>();
  mkdirSync(folder, { recursive: true });
  let index = 0;
  for (const table of tables) {
    for (const read of table.groups) {
      for (const row of await read()) {
        const { bytes, ending } = pictureOf(table, row, index);
        const label = labelOf(table, row);
        if (label && !classFolders.has(label.name)) {
          classFolders.set(label.name, pad(label.number ?? classFolders.size));
          mkdirSync(join(folder, classFolders.get(label.name)!), { recursive: true });
        }
        const to = label ? join(folder, classFolders.get(label.name)!) : folder;
        writeFileSync(join(to, pad(index++) + ending), bytes);
      }
      onProgress(index, total);
    }
  }
  if (index !== total) throw unexpected(files.join(", "), `${total} pictures`, String(index));
  const names = Object.fromEntries([...classFolders].map(([name, own]) => [own, name]));
  writeFileSync(join(folder, CLASS_NAMES), JSON.stringify(names));
}

const pad = (number: number): string => String(number).padStart(8, "0");

/** What is read of a file: its columns, and its row groups, which are read by calling them. */
async function openTable(path: string) {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file, { geoparquet: false });
  const { picture, label, classNames } = columnsOf(path, metadata);
  const columns = label === undefined ? [picture] : [picture, label];
  const groups = metadata.row_groups.map((group) => (): Promise<Row[]> => {
    if (group.total_byte_size > MAX_GROUP_BYTES)
      throw unexpected(path, `at most ${MAX_GROUP_BYTES} bytes in a group of rows`, "more");
    const read = { file, metadata: { ...metadata, row_groups: [group] }, columns };
    return parquetReadObjects({ ...read, compressors, utf8: false });
  });
  return { path, rows: Number(metadata.num_rows), groups, picture, label, classNames };
}

/**
 * The columns of pictures and of labels: as the metadata says, or else by their form (a picture is bytes and a path)
 * and by the name `label`. `classNames` are those of the labels 0, 1, ...
 *
 * @throws FORMAT if there is no column of pictures.
 */
function columnsOf(path: string, metadata: FileMetaData) {
  const note = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  const noted = v.safeParse(notes, note);
  const known = noted.success ? Object.entries(noted.output.info.features) : [];
  const ofType = (type: string) => known.find(([, { _type }]) => _type === type);
  const { children } = parquetSchema(metadata);
  const columns = children.map(({ element }) => element.name);
  const ofBytes = children.find((column) => column.children.some(({ element }) => element.name === "bytes"));
  const picture = ofType("Image")?.[0] ?? ofBytes?.element.name;
  if (picture === undefined || !columns.includes(picture))
    throw unexpected(path, "a column of pictures", `the columns ${columns.join(", ")}`);
  const [label, { names }] = ofType("ClassLabel") ?? ["label", { names: undefined }];
  return { picture, label: columns.includes(label) ? label : undefined, classNames: names };
}

/** The encoded picture of a row, and the ending of its file's name. */
function pictureOf({ path, picture }: Table, row: Row, index: number) {
  const { bytes } = (row[picture] ?? {}) as { readonly bytes?: unknown };
  const ending = bytes instanceof Uint8Array ? pictureEnding(bytes) : undefined;
  if (bytes instanceof Uint8Array && ending !== undefined) return { bytes, ending };
  const received = bytes instanceof Uint8Array ? "bytes of something else" : "none";
  throw unexpected(path, `a ${PICTURE_KINDS} picture in "${picture}" of row ${index}`, received);
}

/** The class of a row; undefined if it has none. It has no number if labels are text. */
function labelOf({ path, label, classNames }: Table, row: Row) {
  const value = label === undefined ? undefined : row[label];
  if (typeof value === "string") return { name: value };
  const number = Number(value ?? -1);
  // The Hub has -1 where a test split keeps its labels to itself.
  if (number === -1) return undefined;
  const most = classNames?.length ?? MAX_CLASSES;
  if (!(Number.isInteger(number) && number >= 0 && number < most))
    throw unexpected(path, `a label from 0 to ${most - 1}`, String(value));
  return { name: classNames?.[number] ?? String(number), number };
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { NextpixelError } from "../../basics/errors.ts";
import { sizeOfFile } from "../../files/bounded-read.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { unexpected } from "../../files/unexpected.ts";
import { mapConcurrently } from "../concurrent.ts";
import { pictureEnding } from "../picture-file.ts";
import { writeClassNames } from "./class-folders.ts";
import { columnsOf } from "./columns.ts";

/** Limits: rows of all files, and bytes of one row group, uncompressed. */
const MAX_ROWS = 2 ** 24;
const MAX_GROUP_BYTES = 2 ** 30;
const MAX_CLASSES = 2 ** 16;
const FILES_AT_ONCE = 8;

type Table = Awaited<ReturnType<typeof openTable>>;
type Row = Readonly<Record<string, unknown>>;

/**
 * Writes the encoded pictures of Parquet files, in the form of Hugging Face's `datasets`, into a folder. Files are
 * named by their rows, and are in a sub-folder for each class if there is a column of labels (see `class-folders.ts`).
 * `onProgress` is called with the number of pictures so far, and of all.
 *
 * @throws FORMAT if the content of a file is wrong; errors of the file system.
 */
export async function unpackPictures(
  files: readonly string[],
  folder: string,
  onProgress: (pictures: number, of: number) => void,
): Promise<void> {
  const tables = await mapConcurrently(files, 1, openTable);
  const total = tables.reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0);
  if (!(total >= 1 && total <= MAX_ROWS)) {
    throw unexpected(files.join(", "), `1 to ${MAX_ROWS} pictures`, String(total));
  }
  const classFolders = new Map<string, string>();
  let first = 0;
  for (const table of tables) {
    for await (const rows of rowGroups(table)) {
      const labels = rows.map((row) => labelOf(table, row));
      for (const label of labels) {
        if (label === undefined || classFolders.has(label.name)) continue;
        const own = String(label.number ?? classFolders.size).padStart(8, "0");
        await makeFolder(join(folder, own));
        classFolders.set(label.name, own);
      }
      await mapConcurrently(rows, FILES_AT_ONCE, async (row, i) => {
        const { bytes, ending } = pictureOf(table, row, first + i);
        const to = labels[i] ? join(folder, classFolders.get(labels[i].name)!) : folder;
        await writeFile(join(to, `${String(first + i).padStart(8, "0")}${ending}`), bytes);
      });
      first += rows.length;
      onProgress(first, total);
    }
  }
  await writeClassNames(folder, Object.fromEntries([...classFolders].map(([name, own]) => [own, name])));
}

async function openTable(file: string) {
  await sizeOfFile(file);
  return parsing(file, async () => {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
    return { file, buffer, metadata, columns: columnsOf(file, metadata, parquetSchema(metadata)) };
  });
}

/** The rows of a table, only the columns that are needed, one row group at a time. */
async function* rowGroups({ file, buffer, metadata, columns }: Table): AsyncGenerator<Row[]> {
  const { picture, label } = columns;
  const read = { file: buffer, metadata, columns: label === undefined ? [picture] : [picture, label] };
  const total = Number(metadata.num_rows);
  let rowStart = 0;
  for (const { num_rows, total_byte_size } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    if (total_byte_size > MAX_GROUP_BYTES)
      throw unexpected(file, `at most ${MAX_GROUP_BYTES} bytes in a group of rows`, String(total_byte_size));
    if (!(rowEnd >= rowStart && rowEnd <= total))
      throw unexpected(file, `groups of ${total} rows together`, "more");
    yield await parsing(file, () =>
      parquetReadObjects({ ...read, rowStart, rowEnd, compressors, utf8: false }),
    );
    rowStart = rowEnd;
  }
  if (rowStart !== total) throw unexpected(file, `groups of ${total} rows together`, String(rowStart));
}

/** Whatever the parser throws means that the file is wrong. */
async function parsing<Value>(file: string, parse: () => Promise<Value>): Promise<Value> {
  try {
    return await parse();
  } catch (cause) {
    if (cause instanceof NextpixelError) throw cause;
    throw unexpected(file, "an intact Parquet file", cause instanceof Error ? cause.message : String(cause));
  }
}

/** The encoded picture of a row, and the ending of its file's name. */
function pictureOf({ file, columns }: Table, row: Row, index: number) {
  const value = row[columns.picture] as Uint8Array | { readonly bytes?: unknown } | null | undefined;
  const bytes = value instanceof Uint8Array ? value : value?.bytes;
  const ending = bytes instanceof Uint8Array ? pictureEnding(bytes) : undefined;
  if (bytes instanceof Uint8Array && ending !== undefined) return { bytes, ending };
  const received = bytes instanceof Uint8Array ? "bytes of something else" : "none";
  throw unexpected(file, `a PNG, JPEG or WebP picture in "${columns.picture}" of row ${index}`, received);
}

/** The class of a row; undefined if it has none. It has no number if labels are text. */
function labelOf(
  { file, columns: { label, classNames } }: Table,
  row: Row,
): { readonly name: string; readonly number?: number } | undefined {
  const value = label === undefined ? undefined : row[label];
  if (typeof value === "string") return { name: value };
  // The Hub has -1 where a test split keeps its labels to itself.
  if (value === undefined || value === null || Number(value) === -1) return undefined;
  const number = Number(value);
  const most = classNames?.length ?? MAX_CLASSES;
  if (Number.isInteger(number) && number >= 0 && number < most)
    return { name: classNames?.[number] ?? String(number), number };
  throw unexpected(file, `a label from 0 to ${most - 1}`, String(value));
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { NextpixelError } from "../../basics/errors.ts";
import { sizeOfFile } from "../../files/bounded-read.ts";
import { mapConcurrently } from "../concurrent.ts";
import { unexpected } from "../../files/unexpected.ts";
import { classFolders } from "./class-folders.ts";
import { columnsOf, type Columns } from "./columns.ts";
import { pictureEnding } from "../picture-file.ts";

/** Limits: rows of all files, and bytes of one row group, uncompressed. */
const MAX_ROWS = 2 ** 24;
const MAX_GROUP_BYTES = 2 ** 30;
const MAX_CLASSES = 2 ** 16;
const FILES_AT_ONCE = 8;

interface Table {
  readonly file: string;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: Columns;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Writes the encoded pictures of Parquet files, in the form of Hugging Face's `datasets`, into a folder. Files are
 * named by their rows, and are in a sub-folder for each class if there is a column of labels (see `classFolders`).
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
  const classes = classFolders(folder);
  let first = 0;
  for (const table of tables) {
    for await (const rows of rowGroups(table)) {
      await mapConcurrently(rows, FILES_AT_ONCE, async (row, index) => {
        const { bytes, ending } = pictureOf(table, row, first + index);
        const name = `${String(first + index).padStart(8, "0")}${ending}`;
        const label = classOf(table, row);
        const to = label === undefined ? folder : await classes.of(label.name, label.number);
        await writeFile(join(to, name), bytes);
      });
      first += rows.length;
      onProgress(first, total);
    }
  }
  await classes.close();
}

async function openTable(file: string): Promise<Table> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } = await import("hyparquet");
  await sizeOfFile(file);
  return parsing(file, async () => {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
    return { file, buffer, metadata, columns: columnsOf(file, metadata, parquetSchema(metadata)) };
  });
}

/** The rows of a table, only the columns that are needed, one row group at a time. */
async function* rowGroups({ file, buffer, metadata, columns }: Table): AsyncGenerator<Row[]> {
  const [{ parquetReadObjects }, { compressors }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet-compressors"),
  ]);
  let rowStart = 0;
  for (const { num_rows, total_byte_size } of metadata.row_groups) {
    if (total_byte_size > MAX_GROUP_BYTES) {
      throw unexpected(file, `at most ${MAX_GROUP_BYTES} bytes in a group of rows`, String(total_byte_size));
    }
    const rowEnd = rowStart + Number(num_rows);
    if (!(rowEnd >= rowStart && rowEnd <= metadata.num_rows)) {
      throw unexpected(file, `groups of ${metadata.num_rows} rows together`, "more");
    }
    const { picture, label } = columns;
    yield await parsing(file, () =>
      parquetReadObjects({
        file: buffer,
        metadata,
        columns: label === undefined ? [picture] : [picture, label],
        rowStart,
        rowEnd,
        compressors,
        utf8: false,
      }),
    );
    rowStart = rowEnd;
  }
  if (rowStart !== Number(metadata.num_rows)) {
    throw unexpected(file, `groups of ${metadata.num_rows} rows together`, String(rowStart));
  }
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
function pictureOf(
  { file, columns }: Table,
  row: Row,
  index: number,
): { readonly bytes: Uint8Array; readonly ending: string } {
  const value = row[columns.picture];
  const bytes = isRecord(value) ? value["bytes"] : value;
  const ending = bytes instanceof Uint8Array ? pictureEnding(bytes) : undefined;
  if (bytes instanceof Uint8Array && ending !== undefined) return { bytes, ending };
  const received = bytes instanceof Uint8Array ? "bytes of something else" : "none";
  throw unexpected(file, `a PNG, JPEG or WebP picture in "${columns.picture}" of row ${index}`, received);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array);

interface Label {
  readonly name: string;
  /** Undefined if labels are text. */
  readonly number: number | undefined;
}

/** The class of a row; undefined if it has none. */
function classOf({ file, columns: { label, classNames } }: Table, row: Row): Label | undefined {
  const value = label === undefined ? undefined : row[label];
  if (typeof value === "string") return { name: value, number: undefined };
  // The Hub has -1 where a test split keeps its labels to itself.
  if (value === undefined || value === null || Number(value) === -1) return undefined;
  const number = Number(value);
  const most = classNames === undefined ? MAX_CLASSES : classNames.length;
  if (Number.isInteger(number) && number >= 0 && number < most) {
    return { name: classNames?.[number] ?? String(number), number };
  }
  throw unexpected(file, `a label from 0 to ${most - 1}`, String(value));
}

import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { parquetWriteBuffer } from "hyparquet-writer";
import sharp from "sharp";
import { answer, serve, sha256, type LocalServer } from "../../fetch/server.ts";

export const png = (value: number, cols = 2, rows = 1): Promise<Buffer> =>
  sharp(Buffer.alloc(cols * rows, value), { raw: { width: cols, height: rows, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toBuffer();

export interface TableOptions {
  readonly labels?: readonly (number | null)[];
  readonly classNames?: readonly string[];
  /** Without what `datasets` notes of the columns. */
  readonly isBare?: boolean;
  readonly rowGroupSize?: number;
}

/** A Parquet file of pictures, of the form that Hugging Face's `datasets` gives it. */
export function table(
  pictures: readonly (Uint8Array | null)[],
  { labels, classNames, isBare = false, rowGroupSize = 2 }: TableOptions = {},
): Uint8Array {
  const optional = { repetition_type: "OPTIONAL" } as const;
  const features = {
    image: { _type: "Image" },
    length: [{ _type: "Value", dtype: "int32" }],
    ...(labels && { label: { _type: "ClassLabel", names: classNames } }),
  };
  const bytes = parquetWriteBuffer({
    schema: [
      { name: "schema", num_children: labels ? 2 : 1 },
      { name: "image", num_children: 2, ...optional },
      { name: "bytes", type: "BYTE_ARRAY", ...optional },
      { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", ...optional },
      ...(labels ? [{ name: "label", type: "INT64", ...optional } as const] : []),
    ],
    columnData: [
      { name: "image", data: pictures.map((one, i) => ({ bytes: one ?? undefined, path: `${i}.png` })) },
      ...(labels
        ? [{ name: "label", data: labels.map((label) => (label === null ? null : BigInt(label))) }]
        : []),
    ],
    rowGroupSize,
    kvMetadata: isBare ? [] : [{ key: "huggingface", value: JSON.stringify({ info: { features } }) }],
  });
  return new Uint8Array(bytes);
}

/** A file on the Hub, and what is said of it where that is not the truth. */
export interface HubFile {
  readonly content: Uint8Array;
  readonly size?: number | string;
  readonly sha256?: string;
}

/** Files by config and split. */
export type HubTables = Readonly<Record<string, Readonly<Record<string, readonly HubFile[]>>>>;

/** The files of a data set with their paths. */
export const filesOf = (tables: HubTables) =>
  Object.entries(tables).flatMap(([config, splits]) =>
    Object.entries(splits).flatMap(([split, files]) =>
      files.map((file, n) => ({ ...file, path: `${config}/${split}/000${n}.parquet` })),
    ),
  );

/**
 * What huggingface.co says of the folder of a branch at a URL: an entry for each file or folder directly in it. Only
 * large files, which are in Git LFS, have a SHA-256; files have other fields too.
 */
export function treeOf(files: ReturnType<typeof filesOf>, url: string) {
  const folder = /\/tree\/refs%2Fconvert%2Fparquet(?:\/(.+))?$/.exec(url)?.[1];
  const below = files.filter(({ path }) => folder === undefined || path.startsWith(`${folder}/`));
  const depth = folder === undefined ? 1 : folder.split("/").length + 1;
  if (depth < 3) {
    const folders = new Set(below.map(({ path }) => path.split("/").slice(0, depth).join("/")));
    const readme = depth === 1 ? [{ type: "file", oid: "1", size: 31, path: "README.md" }] : [];
    return [...[...folders].map((path) => ({ type: "directory", oid: "2", size: 0, path })), ...readme];
  }
  return below.map(({ path, content, size = content.length, sha256: oid = sha256(content) }) => ({
    type: "file",
    oid: "3",
    size,
    lfs: { oid, size, pointerSize: 131 },
    path,
  }));
}

export interface HubServer extends LocalServer {
  /** The headers of the last request for a file, at the Hub and at the server that it redirects to. */
  readonly headers: { hub?: IncomingHttpHeaders; store?: IncomingHttpHeaders };
}

export interface HubOptions {
  /** What is said of a file, in place of the truth. */
  readonly lie?: Pick<HubFile, "size" | "sha256">;
  /** May answer instead, and then tells so. */
  readonly hasFailed?: (response: ServerResponse) => boolean;
}

/**
 * A Hub with one data set, `me/tiny`, of Parquet files by config and split. It answers as huggingface.co does: the
 * address of a file redirects to another server.
 */
export async function serveHub(
  tables: Readonly<Record<string, Readonly<Record<string, readonly Uint8Array[]>>>>,
  { lie, hasFailed = () => false }: HubOptions = {},
): Promise<HubServer> {
  const headers: HubServer["headers"] = {};
  const files = Object.entries(tables).flatMap(([config, splits]) =>
    filesOf({
      [config]: Object.fromEntries(
        Object.entries(splits).map(([split, all]) => [split, all.map((content) => ({ content, ...lie }))]),
      ),
    }),
  );
  const fileAt = (url: string) => files.find(({ path }) => url.endsWith(`/${path}`));
  const store = await serve((request, response) => {
    headers.store = request.headers;
    answer(request, response, fileAt(request.url!)!.content);
  });
  const server = await serve((request, response) => {
    if (hasFailed(response)) return;
    headers.hub = request.headers;
    const url = request.url!;
    if (url.startsWith("/api/datasets/me/tiny/tree/refs%2Fconvert%2Fparquet"))
      response.end(JSON.stringify(treeOf(files, url)));
    else if (url.startsWith("/datasets/me/tiny/resolve/refs%2Fconvert%2Fparquet/") && fileAt(url))
      response.writeHead(302, { location: `${store.url}${url}` }).end();
    else response.writeHead(404, { "content-type": "application/json" }).end('{"error":"not here"}');
  });
  return { ...server, headers };
}

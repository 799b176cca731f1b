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

export interface HubServer extends LocalServer {
  /** The headers of the last request for a file, at the Hub and at the server that it redirects to. */
  readonly headers: { hub?: IncomingHttpHeaders; store?: IncomingHttpHeaders };
}

/** Parquet files by config and split. */
export type HubTables = Readonly<Record<string, Readonly<Record<string, readonly Uint8Array[]>>>>;

export interface HubOptions {
  /** What is said of a file, in place of the truth. */
  readonly lie?: (facts: { size: string; sha256: string }) => { size: string; sha256: string };
  /** May answer instead, and then tells so. */
  readonly hasFailed?: (response: ServerResponse) => boolean;
}

/**
 * A Hub with one data set, `me/tiny`, as huggingface.co answers: a file's address redirects to another one, which tells
 * its size and SHA-256 and redirects to another server. The listing has the addresses of huggingface.co, as one of a
 * mirror has.
 */
export async function serveHub(
  tables: HubTables,
  { lie = (facts) => facts, hasFailed = () => false }: HubOptions = {},
): Promise<HubServer> {
  const headers: HubServer["headers"] = {};
  const bytesAt = (path: string) => {
    const [, config, split, n] = /\/(\w+)\/([\w-]+)\/(\d+)\.parquet$/.exec(path) ?? [];
    return tables[config!]?.[split!]?.[Number(n)];
  };
  const store = await serve((request, response) => {
    headers.store = request.headers;
    answer(request, response, bytesAt(request.url!)!);
  });
  const server = await serve((request, response) => {
    if (hasFailed(response)) return;
    headers.hub = request.headers;
    const url = request.url!;
    const bytes = bytesAt(url);
    if (url === "/api/datasets/me/tiny/parquet") {
      const listed = Object.entries(tables).map(([config, splits]) => {
        const urls = Object.entries(splits).map(([split, files]) => [
          split,
          files.map((_, n) => `https://huggingface.co${url}/${config}/${split}/${n}.parquet`),
        ]);
        return [config, Object.fromEntries(urls)];
      });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(Object.fromEntries(listed)));
    } else if (url.startsWith("/api/datasets/me/tiny/parquet/") && bytes) {
      const file = url.slice("/api/datasets/me/tiny/parquet".length);
      const location = `/datasets/me/tiny/resolve/refs%2Fconvert%2Fparquet${file}`;
      response.writeHead(302, { location }).end();
    } else if (url.startsWith("/datasets/me/tiny/resolve/") && bytes) {
      const facts = lie({ size: String(bytes.length), sha256: sha256(bytes) });
      response.writeHead(302, {
        location: `${store.url}${url}`,
        "x-linked-size": facts.size,
        "x-linked-etag": `"${facts.sha256}"`,
      });
      response.end();
    } else response.writeHead(404, { "content-type": "application/json" }).end('{"error":"not here"}');
  });
  return { ...server, headers };
}

import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { parquetWriteBuffer } from "hyparquet-writer";
import sharp from "sharp";
import { answer, serve, sha256, type LocalServer } from "../../fetch/server.ts";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

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

/**
 * A Hub with one data set, `me/tiny`: files by revision and path. They are listed one a page, and lie on another server.
 * `hasFailed` may answer instead, and then tells so.
 */
export async function serveHub(
  revisions: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>,
  lie: (entry: object) => object = (entry) => entry,
  hasFailed: (response: ServerResponse) => boolean = () => false,
): Promise<HubServer> {
  const headers: HubServer["headers"] = {};
  const commits = Object.keys(revisions);
  const commitOf = (revision: string) => COMMIT.slice(0, -1) + commits.indexOf(revision);
  const filesOf = (commit: string) => revisions[commits[Number(commit.at(-1))]!]!;
  const store = await serve((request, response) => {
    headers.store = request.headers;
    const [, commit, path] = /^\/(\w+)\/(.*)$/.exec(decodeURIComponent(request.url!))!;
    answer(request, response, filesOf(commit!)[path!]!);
  });
  const server = await serve((request, response) => {
    if (hasFailed(response)) return;
    const { pathname, searchParams } = new URL(request.url!, "http://hub.test");
    const [, revision] =
      /^\/api\/datasets\/me\/tiny\/revision\/(.*)$/.exec(decodeURIComponent(pathname)) ?? [];
    const [, tree] = /^\/api\/datasets\/me\/tiny\/tree\/(\w+)$/.exec(pathname) ?? [];
    const [, file] = /^\/datasets\/me\/tiny\/resolve\/(.*)$/.exec(pathname) ?? [];
    const json = (value: unknown) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (revision !== undefined && revision in revisions) {
      json({ _id: "x", id: "me/tiny", sha: commitOf(revision), lastModified: "2026-01-01T00:00:00.000Z" });
    } else if (tree !== undefined) {
      const entries = Object.entries({ "README.md": Buffer.from("# tiny"), ...filesOf(tree) });
      const page = Number(searchParams.get("page") ?? 0);
      const [path, bytes] = entries[page]!;
      const next = `${server.url}${pathname}?recursive=true&page=${page + 1}`;
      if (page + 1 < entries.length) response.setHeader("link", `<${next}>; rel="next"`);
      const lfs = { oid: sha256(bytes), size: bytes.length, pointerSize: 130 };
      json([lie({ type: "file", oid: "x", path, size: bytes.length, lfs })]);
    } else if (file !== undefined) {
      headers.hub = request.headers;
      response.writeHead(302, { location: `${store.url}/${file}` }).end();
    } else response.writeHead(404, { "content-type": "application/json" }).end('{"error":"not here"}');
  });
  return { ...server, headers };
}

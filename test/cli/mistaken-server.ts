import { parquetWriteBuffer } from "hyparquet-writer";
import { filesOf, png, table, treeOf, type HubFile } from "../data/hub/hub-server.ts";
import { serve, sha256 } from "../fetch/server.ts";

const text = (content: string): HubFile => ({ content: Buffer.from(content) });
const split = (file: HubFile) => ({ default: { train: [file] } });

/** Data sets on the Hub by their names: their files, and what is said of them. */
async function dataSets() {
  const picture = await png(1);
  const columns = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "x", data: [1, 2] }] }));
  const labelled = table([picture], { labels: [2], classNames: ["cat", "dog"] });
  return {
    "no-files": {},
    "no-train": { default: { test: [text("")] } },
    configs: { a: { train: [text("")] }, b: { train: [text("")] } },
    sizeless: split({ ...text("some"), size: -1 }),
    immense: split({ ...text("some"), size: 2 ** 40 }),
    longer: split({ ...text("more than that"), size: 3 }),
    announced: split({ ...text("more"), size: 3 }),
    other: split({ ...text("some"), sha256: sha256(Buffer.from("none")) }),
    size: split({ ...text("texts") }),
    sum: split({ ...text("text"), sha256: "0".repeat(64) }),
    "no-parquet": split(text("PK, something else")),
    "no-rows": split({ content: table([]) }),
    "no-column": split({ content: columns }),
    "no-picture": split({ content: table([null]) }),
    "no-png": split({ content: table([Buffer.from("BM, as a Windows bitmap begins")]) }),
    "no-class": split({ content: labelled }),
  };
}

/** A Hub, and a mirror, that answer as they should not. Returns its URL. */
export async function serveMistakes(): Promise<string> {
  const known = new Map(Object.entries(await dataSets()));
  const { url } = await serve((request, response) => {
    const [, name = ""] = /\/datasets\/me\/([\w-]+)/.exec(request.url!) ?? [];
    const files = filesOf(known.get(name) ?? {});
    const file = files.find(({ path }) => request.url!.endsWith(`/resolve/refs%2Fconvert%2Fparquet/${path}`));
    // Without a length.
    if (file && name === "longer") response.write(file.content, () => response.end());
    else if (file) response.end(file.content);
    else if (name === "paged") response.writeHead(200, { link: '<http://x>; rel="next"' }).end("[]");
    else if (name === "closed") response.writeHead(401).end();
    else if (name === "teapot") response.writeHead(418).end();
    else if (name === "nonsense") response.end("text");
    else if (name === "plenty") response.end(Buffer.alloc(2 ** 25 + 1));
    else if (known.has(name)) response.end(JSON.stringify(treeOf(files, request.url!)));
    else response.writeHead(404).end();
  });
  return url;
}

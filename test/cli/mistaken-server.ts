import { serve } from "../fetch/server.ts";

/** What the Hub lists of data sets by their names. */
const LISTINGS: Readonly<Record<string, unknown>> = {
  "no-files": {},
  "no-train": { default: { test: ["/x"] } },
  configs: { a: { train: ["/x"] }, b: { train: ["/x"] } },
  elsewhere: { default: { train: ["/elsewhere"] } },
  sizeless: { default: { train: ["/sizeless"] } },
  good: { default: { train: ["/good"] } },
};

/** A Hub, and a mirror, that answer as they should not. Returns its URL. */
export async function serveMistakes(): Promise<string> {
  const { url } = await serve((request, response) => {
    const [, repository = ""] = /^\/api\/datasets\/me\/([\w-]+)/.exec(request.url!) ?? [];
    const [, file] = /^\/datasets\/me\/(\w+)\/resolve/.exec(request.url!) ?? [];
    if (file === "longer") response.write("more than that", () => response.end());
    else if (file === "announced") response.end("more");
    else if (file === "other") response.end("some");
    else if (request.url === "/elsewhere")
      response.writeHead(302, { location: "http://127.0.0.1:8/x" }).end();
    else if (request.url === "/sizeless") response.writeHead(302, { "x-linked-size": "many" }).end();
    else if (request.url === "/good") response.writeHead(302, { "x-linked-size": "3" }).end();
    else if (repository === "closed") response.writeHead(401).end();
    else if (repository === "teapot") response.writeHead(418).end();
    else if (repository === "nonsense") response.end("text");
    else if (repository === "plenty") response.end(Buffer.alloc(2 ** 25 + 1));
    else if (repository in LISTINGS) response.end(JSON.stringify(LISTINGS[repository]));
    else response.writeHead(404).end();
  });
  return url;
}

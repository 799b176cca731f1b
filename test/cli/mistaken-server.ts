import { COMMIT } from "../data/hub/hub-server.ts";
import { serve } from "../fetch/server.ts";

/** A Hub, and a mirror, that answer as they should not. Returns its URL. */
export async function serveMistakes(): Promise<string> {
  const { url } = await serve((request, response) => {
    const [, repository] = /^\/api\/datasets\/me\/(\w+)/.exec(request.url!) ?? [];
    const [, file] = /^\/datasets\/me\/(\w+)\/resolve/.exec(request.url!) ?? [];
    const isInfo = request.url!.includes("/revision/");
    const json = (value: unknown) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (file === "longer") response.write("more than that", () => response.end());
    else if (file === "announced") response.end("more");
    else if (file === "other") response.end("some");
    else if (repository === "closed") response.writeHead(401).end();
    else if (repository === "teapot") response.writeHead(418).end();
    else if (repository === "nonsense") response.end("text");
    else if (repository === "plenty") response.end(Buffer.alloc(2 ** 25 + 1));
    else if (repository === "elsewhere" && !isInfo) {
      response.setHeader("link", '<http://127.0.0.1:8/x>; rel="next"');
      json([]);
    } else if (repository !== undefined && !isInfo)
      json([{ type: "file", path: repository === "good" ? "train.parquet" : "../x.parquet", size: 1 }]);
    else if (repository !== undefined && repository !== "missing") json({ id: "x", sha: COMMIT });
    else response.writeHead(404).end();
  });
  return url;
}

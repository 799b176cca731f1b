import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { Hono } from "hono";
import { PAGE } from "../publish.ts";

/** What the page has in the local studio alone, beside the published page. */
const LOCAL = join(PAGE, "../local");

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** The files of the page, read once: what is asked for is looked up, and never becomes a path. */
export async function pageFiles(): Promise<Hono> {
  const app = new Hono();
  for (const folder of [PAGE, LOCAL]) {
    for (const name of await readdir(folder)) {
      const content = new Uint8Array(await readFile(join(folder, name)));
      const headers = { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream" };
      const path = name === "index.html" ? "/" : `/${name}`;
      app.get(path, (context) => context.body(content, 200, headers));
    }
  }
  return app;
}

import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { Hono } from "hono";
import { INDEX, PAGE, runtimeFiles, trainingPictures, withExtras } from "../publish.ts";
import { DIGITS_FILE, DIGITS_FOLDER, RUNTIME_FOLDER, RUNTIME_WORKER, type Extra } from "../site.ts";

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

const typeOf = (name: string) => ({ "Content-Type": TYPES[extname(name)] ?? "application/octet-stream" });

/** The files of the page, read once: what is asked for is looked up, and never becomes a path. */
export async function pageFiles(extras: readonly Extra[]): Promise<Hono> {
  const app = new Hono();
  for (const folder of [PAGE, LOCAL]) {
    for (const name of await readdir(folder)) {
      const content = await readFile(join(folder, name));
      if (name === INDEX) {
        const html = withExtras(String(content), extras);
        app.get("/", (context) => context.body(html, 200, typeOf(name)));
      } else if (name !== RUNTIME_WORKER) {
        const bytes = new Uint8Array(content);
        app.get(`/${name}`, (context) => context.body(bytes, 200, typeOf(name)));
      }
    }
  }
  if (extras.includes("train")) app.route("/", trainingFiles());
  return app;
}

/** What training in the page needs. It is large, and read when somebody trains there. */
function trainingFiles(): Hono {
  const app = new Hono();
  let runtime: ReturnType<typeof runtimeFiles> | undefined;
  for (const path of [`/${RUNTIME_WORKER}`, `/${RUNTIME_FOLDER}/:file`]) {
    app.get(path, async (context) => {
      const name = context.req.path.slice(1);
      const content = (await (runtime ??= runtimeFiles())).get(name);
      return content ? context.body(new Uint8Array(content), 200, typeOf(name)) : context.notFound();
    });
  }
  app.get(`/${DIGITS_FOLDER}/${DIGITS_FILE}`, async (context) =>
    context.body(new Uint8Array(await trainingPictures()), 200, typeOf(DIGITS_FILE)),
  );
  return app;
}

import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { serve, type PageServer } from "../browser/serve.ts";

/** Serves the files of a published site on this machine, as they are now; its page is `/index.html`. */
export async function serveSite(site: string): Promise<PageServer> {
  const entries = await readdir(site, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(async (entry): Promise<[string, Uint8Array]> => {
      const path = join(entry.parentPath, entry.name);
      return [`/${relative(site, path)}`, await readFile(path)];
    });
  return serve(Object.fromEntries(await Promise.all(files)));
}

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const DIST = join(import.meta.dirname, "../../dist");
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".html": "text/html",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

/** A server on this machine alone. */
export interface PageServer {
  readonly origin: string;
  close(): void;
}

/** Where a page finds what was built: as if the package were installed beside it. */
export const PACKAGE = "/node_modules/nextpixel/dist/";

/** Serves what was built, and the given files by their paths. */
export async function serve(files: Readonly<Record<string, Uint8Array | string>>): Promise<PageServer> {
  const read = async (path: string) =>
    path.startsWith(PACKAGE) ? await readFile(join(DIST, path.slice(PACKAGE.length))) : files[path];
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url!, "http://localhost");
    read(pathname)
      .catch(() => undefined)
      .then((body) => {
        const type = TYPES[extname(pathname)] ?? "application/octet-stream";
        response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(body);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

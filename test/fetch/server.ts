import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fetchSettings, type FetchEvent, type FetchSettings } from "../../src/fetch/settings.ts";

const stops: (() => Promise<void>)[] = [];

export async function stopServers(): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
}

export interface LocalServer {
  readonly url: string;
  /** Method, path and range of every request so far. */
  readonly requests: string[];
}

/** A server on loopback, which `setup.ts` ends after the tests of the file. */
export async function serve(handler: RequestListener): Promise<LocalServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push([request.method, request.url, request.headers.range].filter(Boolean).join(" "));
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Answers as a good server does, ranges and all. */
export function answer(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (start === 0) return void response.writeHead(200, { "content-length": bytes.length }).end(bytes);
  if (start >= bytes.length) return void response.writeHead(416).end();
  const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  response.writeHead(206, { "content-length": bytes.length - start, "content-range": range });
  response.end(bytes.subarray(start));
}

/** A server of files by their paths, such as "/mnist/x.gz"; 404 for all else. */
export const serveFiles = (files: Readonly<Record<string, Uint8Array>>): Promise<LocalServer> =>
  serve((request, response) => {
    const bytes = files[request.url ?? ""];
    if (bytes === undefined) response.writeHead(404).end("no such file");
    else answer(request, response, bytes);
  });

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Settings without long waits, and the events that they have led to. */
export function quickSettings(options: Parameters<typeof fetchSettings>[0] = {}): {
  readonly settings: FetchSettings;
  readonly events: FetchEvent[];
} {
  const events: FetchEvent[] = [];
  const quick = { stallTimeout: 500, retryDelay: 1, onEvent: (event: FetchEvent) => void events.push(event) };
  return { settings: fetchSettings({ ...quick, ...options }, {}), events };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryAfter } from "../../src/fetch/retries.ts";
import { download } from "../../src/fetch/download.ts";
import type { FetchEvent } from "../../src/fetch/settings.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { answer, quickSettings, serve, serveFiles, sha256 } from "./server.ts";

const FILE = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) % 256);
const HALF = 150_000;
const HOST = hostname().replaceAll(/[^\w]/g, "_");
const [PART, LOCK] = [`file.gz.${HOST}.part`, `file.gz.${HOST}.lock`];
const known = (url: string) => ({ url, bytes: FILE.length, sha256: sha256(FILE) });

/** Sends some bytes, and when they are likely to have arrived ends the connection. */
const cut = (response: ServerResponse, bytes: Uint8Array): void =>
  void response.write(bytes, () => setTimeout(() => response.destroy(), 50));

/** What bytes a request asked for the rest of, if it did. */
const rest = (request: string | undefined) => Number(/bytes=(\d+)-$/.exec(request ?? "")?.[1] ?? 0);
const expectRest = (request: string | undefined) => {
  // What arrived just before the end of the connection may be lost.
  expect(rest(request)).toBeGreaterThan(0);
  expect(rest(request)).toBeLessThanOrEqual(HALF);
};

/** Downloads FILE into a folder; what it holds in the end, the events, and the error if there was one. */
async function attempt(url: string, folder: string, options = {}) {
  const { settings, events } = quickSettings(options);
  const path = join(folder, "file.gz");
  const error: unknown = await download({ ...known(url), ...options }, path, settings).catch(
    (e: unknown) => e,
  );
  const names = (await readdir(folder)).sort();
  const bytes = names.includes("file.gz") ? await readFile(path) : undefined;
  return { error, names, bytes, events, kinds: events.map(({ kind }) => kind) };
}

const expectWhole = ({ error, names, bytes }: Awaited<ReturnType<typeof attempt>>) => {
  expect(error).toBeUndefined();
  expect(names).toEqual(["file.gz"]);
  expect(bytes!.equals(FILE)).toBe(true);
};

describe("a good server", () => {
  test("gives the whole file; events tell how far it is", async () => {
    const server = await serveFiles({ "/file.gz": FILE });
    const result = await attempt(`${server.url}/file.gz`, await temporaryFolder());
    expectWhole(result);
    expect(server.requests).toEqual(["GET /file.gz"]);
    expect(result.events[0]).toMatchObject({ kind: "start", received: 0, bytes: FILE.length });
    expect(result.events.at(-2)).toMatchObject({ kind: "progress", received: FILE.length });
    expect(result.events.at(-1)).toMatchObject({ kind: "end" });
    const received = result.events.flatMap((event) => (event.kind === "progress" ? [event.received] : []));
    expect(received).toEqual(received.toSorted((a, b) => a - b));
  });

  test("may redirect, and need not say how long the file is", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/moved") response.writeHead(302, { location: "/file.gz" }).end();
      else response.writeHead(200).end(FILE);
    });
    expectWhole(await attempt(`${server.url}/moved`, await temporaryFolder()));
  });

  test("is asked for folders that are not there yet", async () => {
    const server = await serveFiles({ "/file.gz": FILE });
    const path = join(await temporaryFolder(), "a/b/file.gz");
    await download(known(`${server.url}/file.gz`), path, quickSettings().settings);
    expect((await readFile(path)).equals(FILE)).toBe(true);
  });
});

describe("a broken server", () => {
  test("that cuts the connection half way is asked for the rest", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range) return answer(request, response, FILE);
      response.writeHead(200, { "content-length": FILE.length });
      cut(response, FILE.subarray(0, HALF));
    });
    const result = await attempt(`${server.url}/file.gz`, await temporaryFolder());
    expectWhole(result);
    expect(server.requests).toHaveLength(2);
    expectRest(server.requests[1]);
    expect(result.kinds.filter((kind) => kind !== "progress")).toEqual(["start", "retry", "end"]);
  });

  test("that cuts it again and again is asked as long as something new comes", async () => {
    const server = await serve((request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? "0")![0]);
      const range = { "content-range": `bytes ${start}-${FILE.length - 1}/${FILE.length}` };
      response.writeHead(start > 0 ? 206 : 200, { "content-length": FILE.length - start, ...range });
      cut(response, FILE.subarray(start, start + 30_000));
    });
    expectWhole(await attempt(server.url, await temporaryFolder()));
    // Five in a row that bring nothing would be the end of it.
    expect(server.requests.length).toBeGreaterThanOrEqual(10);
  });

  test("that ignores ranges gives the file from its beginning", async () => {
    let requests = 0;
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": FILE.length });
      if (++requests === 1) cut(response, FILE.subarray(0, HALF));
      else response.end(FILE);
    });
    expectWhole(await attempt(server.url, await temporaryFolder()));
  });

  test.each([
    ["another range", 206, { "content-range": `bytes 7-${FILE.length - 1}/${FILE.length}` }],
    ["a range of another file", 206, { "content-range": `bytes ${HALF}-${HALF + 6}/${HALF + 7}` }],
    ["no range at all", 206, {}],
    ["that there is no such range", 416, {}],
  ])("that answers a request for the rest with %s is asked for everything", async (_, status, headers) => {
    const server = await serve((request, response) => {
      if (request.headers.range) return void response.writeHead(status, headers).end("wrong");
      response.writeHead(200, { "content-length": FILE.length });
      if (server.requests.length === 1) cut(response, FILE.subarray(0, HALF));
      else response.end(FILE);
    });
    expectWhole(await attempt(server.url, await temporaryFolder()));
    expect(server.requests.map(rest).map((start) => start > 0)).toEqual([false, true, false]);
  });

  test("that stalls is left and asked again", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range) return answer(request, response, FILE);
      response.writeHead(200, { "content-length": FILE.length }).write(FILE.subarray(0, HALF));
    });
    const result = await attempt(server.url, await temporaryFolder(), { stallTimeout: 100 });
    expectWhole(result);
    expect(result.events).toContainEqual(
      expect.objectContaining({ kind: "retry", reason: "nothing came for 0.1 s" }),
    );
  });

  test("that never answers is given up", async () => {
    const server = await serve(() => undefined);
    const { error, names } = await attempt(server.url, await temporaryFolder(), { stallTimeout: 20 });
    expect(error).toMatchObject({
      code: "DOWNLOAD",
      message: `cannot download ${server.url} (nothing came for 0.02 s)`,
    });
    expect(names).toEqual([]);
    expect(server.requests).toHaveLength(5);
  });

  test.each([500, 503, 429])("that answers %i, then is fine", async (status) => {
    const server = await serve((request, response) => {
      if (server.requests.length < 3) response.writeHead(status).end("busy");
      else answer(request, response, FILE);
    });
    expectWhole(await attempt(server.url, await temporaryFolder()));
  });

  test.each([
    ["1", 1000],
    [new Date(0).toUTCString(), 1],
    ["soon", 1],
    ["86400", 2000],
    ["9".repeat(40), 2000],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 2000],
  ])("that says when to ask again is asked then, within a bound: %s", async (header, delay) => {
    const server = await serve((request, response) => {
      if (server.requests.length === 1) response.writeHead(503, { "retry-after": header }).end();
      else answer(request, response, FILE);
    });
    const result = await attempt(server.url, await temporaryFolder(), { longestDelay: 2000 });
    expectWhole(result);
    const retries = result.events.filter(({ kind }) => kind === "retry");
    expect(retries).toEqual([
      { kind: "retry", url: server.url, reason: "HTTP 503 Service Unavailable", delay },
    ]);
  });

  test("that only ever answers 500 is given up", async () => {
    const server = await serve((_, response) => void response.writeHead(500).end());
    const { error } = await attempt(server.url, await temporaryFolder());
    expect(error).toMatchObject({
      code: "DOWNLOAD",
      message: `cannot download ${server.url} (HTTP 500 Internal Server Error)`,
    });
    expect(server.requests).toHaveLength(5);
  });

  test.each([
    [404, "Not Found"],
    [403, "Forbidden"],
    [410, "Gone"],
  ])("that answers %i is not asked again", async (status, text) => {
    const server = await serve((_, response) => void response.writeHead(status).end());
    const { error, names } = await attempt(server.url, await temporaryFolder());
    expect(error).toMatchObject({
      code: "DOWNLOAD",
      message: `cannot download ${server.url} (HTTP ${status} ${text})`,
    });
    expect({ names, requests: server.requests }).toEqual({ names: [], requests: ["GET /"] });
  });

  test("that redirects in a circle is not followed for ever", async () => {
    const server = await serve((_, response) => void response.writeHead(302, { location: "/" }).end());
    const { error } = await attempt(server.url, await temporaryFolder());
    expect(error).toMatchObject({
      code: "DOWNLOAD",
      message: expect.stringContaining("redirect count exceeded"),
    });
    expect(server.requests.length).toBeLessThan(50);
  });

  test("that is not there at all fails at once", async () => {
    const { error, kinds } = await attempt("http://127.0.0.1:9/file.gz", await temporaryFolder());
    expect(error).toMatchObject({ code: "DOWNLOAD", message: expect.stringMatching(/:9\/file\.gz \(.+\)$/) });
    expect(kinds).toEqual(["start", "end"]);
  });
});

describe("a lying server", () => {
  test("with the right size and a wrong content", async () => {
    const wrong = FILE.slice().fill(7, 1000, 1001);
    const server = await serveFiles({ "/file.gz": wrong });
    const url = `${server.url}/file.gz`;
    const { error, names } = await attempt(url, await temporaryFolder());
    expect(error).toMatchObject({
      code: "FORMAT",
      message: `expected SHA-256 ${sha256(FILE)} for ${url}, received ${sha256(wrong)}`,
    });
    expect(names).toEqual([]);
    expect(server.requests).toEqual(["GET /file.gz"]);
  });

  test("that announces more than there should be is not read", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": 2 ** 40 }).write(FILE.subarray(0, 10));
    });
    const { error, names } = await attempt(server.url, await temporaryFolder());
    expect(error).toMatchObject({
      code: "DOWNLOAD",
      message: `cannot download ${server.url} (expected 300000 bytes, received ${2 ** 40})`,
    });
    expect(names).toEqual([]);
  });

  test("that announces nothing and never ends is read to the right size, and no further", async () => {
    let sent = 0;
    const server = await serve((_, response) => {
      response.writeHead(200);
      const more = () => {
        sent += FILE.length;
        if (!response.destroyed) response.write(FILE, more);
      };
      more();
    });
    const { error, names } = await attempt(server.url, await temporaryFolder());
    expect(error).toMatchObject({
      code: "FORMAT",
      message: `expected 300000 bytes for ${server.url}, received more`,
    });
    expect(names).toEqual([]);
    expect(sent).toBeLessThan(100 * FILE.length);
  });

  test("that sends more than it announces gets no further than that", async () => {
    const server = await serve((request) => {
      request.socket.end(
        Buffer.concat([
          Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${FILE.length}\r\n\r\n`),
          FILE,
          Buffer.from("and more"),
        ]),
      );
    });
    const { error, bytes } = await attempt(server.url, await temporaryFolder());
    // Whether the surplus is noticed or cut off: only the right file may be left.
    if (error === undefined) expect(bytes!.equals(FILE)).toBe(true);
    else expect(bytes).toBeUndefined();
  });

  test("that sends less than it announces, and for good, is given up; what came is kept", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range) return void response.destroy();
      response.writeHead(200, { "content-length": FILE.length });
      cut(response, FILE.subarray(0, HALF));
    });
    const { error, names } = await attempt(server.url, await temporaryFolder());
    expect(error).toMatchObject({ code: "DOWNLOAD" });
    expect(names).toEqual([PART]);
  });
});

describe("what an earlier download has left", () => {
  test("is gone on with by the next call, also in another process", async () => {
    const server = await serveFiles({ "/file.gz": FILE });
    const folder = await temporaryFolder({ [PART]: FILE.subarray(0, HALF) });
    const result = await attempt(`${server.url}/file.gz`, folder);
    expectWhole(result);
    expect(server.requests).toEqual([`GET /file.gz bytes=${HALF}-`]);
    expect(result.events[0]).toMatchObject({ kind: "start", received: HALF });
  });

  test("by a call that failed is gone on with in the same process", async () => {
    const folder = await temporaryFolder();
    const broken = await serve((request, response) => {
      if (request.headers.range) return void response.writeHead(404).end();
      response.writeHead(200, { "content-length": FILE.length });
      cut(response, FILE.subarray(0, HALF));
    });
    expect((await attempt(broken.url, folder)).error).toMatchObject({ code: "DOWNLOAD" });
    const server = await serveFiles({ "/file.gz": FILE });
    expectWhole(await attempt(`${server.url}/file.gz`, folder));
    expect(server.requests).toHaveLength(1);
    expectRest(server.requests[0]);
  });

  test.each([
    ["is not there", (response: ServerResponse) => void response.writeHead(404).end()],
    ["is in trouble", (response: ServerResponse) => void response.writeHead(500).end()],
    [
      "has a page of its own for everything",
      (response: ServerResponse) => void response.end("please log in"),
    ],
  ])("is kept when a server %s", async (_, respond) => {
    const { url } = await serve((_, response) => respond(response));
    const folder = await temporaryFolder({ [PART]: FILE.subarray(0, HALF) });
    const { error, names } = await attempt(url, folder);
    expect(error).toMatchObject({ code: expect.stringMatching(/DOWNLOAD|FORMAT/) });
    expect(names).toEqual([PART]);
    expect((await readFile(join(folder, PART))).equals(FILE.subarray(0, HALF))).toBe(true);
  });

  test("is thrown away if it turns out to be of another file, and the right one loaded", async () => {
    const server = await serveFiles({ "/file.gz": FILE });
    const folder = await temporaryFolder({ [PART]: new Uint8Array(HALF) });
    const result = await attempt(`${server.url}/file.gz`, folder);
    expectWhole(result);
    expect(server.requests).toEqual([`GET /file.gz bytes=${HALF}-`, "GET /file.gz"]);
    expect(result.kinds.filter((kind) => kind !== "progress")).toEqual(["start", "retry", "end"]);
  });

  test.each([
    ["complete", FILE, 0],
    ["too long", new Uint8Array(FILE.length + 1), 1],
    ["as long, but wrong", new Uint8Array(FILE.length), 1],
    ["empty", new Uint8Array(0), 1],
  ])("may be %s", async (_, left, requests) => {
    const server = await serveFiles({ "/file.gz": FILE });
    const folder = await temporaryFolder({ [PART]: left });
    expectWhole(await attempt(`${server.url}/file.gz`, folder));
    expect(server.requests).toHaveLength(requests);
  });

  test("by another machine is left alone", async () => {
    const server = await serveFiles({ "/file.gz": FILE });
    const folder = await temporaryFolder({ "file.gz.elsewhere.part": FILE.subarray(0, HALF) });
    const { error, names } = await attempt(`${server.url}/file.gz`, folder);
    expect({ error, names }).toEqual({ error: undefined, names: ["file.gz", "file.gz.elsewhere.part"] });
    expect(server.requests).toEqual(["GET /file.gz"]);
  });
});

describe("another process that downloads the file", () => {
  const MODULE = new URL("../../dist/files/lock.js", import.meta.url);
  const HOLD = `await (await import("${MODULE}")).lock("${LOCK}", "x"); console.log("locked"); setInterval(() => 0, 1000);`;
  /** A process that has the lock of the file. */
  const hold = async (folder: string) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", HOLD], { cwd: folder });
    await once(child.stdout, "data");
    return { child, ended: once(child, "close") };
  };

  test("is waited for; if it is killed, what it has left is gone on with", async () => {
    const server = await serveFiles({ "/file.gz": FILE });
    const folder = await temporaryFolder({ [PART]: FILE.subarray(0, HALF) });
    const { child, ended } = await hold(folder);
    const onEvent = ({ kind }: FetchEvent) => void (kind === "wait" && child.kill("SIGKILL"));
    const { settings } = quickSettings({ onEvent });
    await download(known(`${server.url}/file.gz`), join(folder, "file.gz"), settings);
    await ended;
    expect(server.requests).toEqual([`GET /file.gz bytes=${HALF}-`]);
    expect(await readdir(folder)).toEqual(["file.gz"]);
    expect((await readFile(join(folder, "file.gz"))).equals(FILE)).toBe(true);
  });

  test("and succeeds leaves nothing to do", async () => {
    const folder = await temporaryFolder();
    const { child, ended } = await hold(folder);
    const events: FetchEvent[] = [];
    const onEvent = (event: FetchEvent) => {
      events.push(event);
      if (event.kind === "wait") writeFileSync(join(folder, "file.gz"), FILE);
      child.kill("SIGKILL");
    };
    const { settings } = quickSettings({ onEvent });
    const path = join(folder, "file.gz");
    await download(known("http://127.0.0.1:9/"), path, settings);
    await ended;
    expect(events).toEqual([
      { kind: "wait", file: path, reason: expect.stringContaining(`in use by process ${child.pid} since`) },
      { kind: "end", file: path },
    ]);
  });
});

test("downloads of the same file at once do not disturb each other", async () => {
  const server = await serve((request, response) => {
    if (request.headers.range) return answer(request, response, FILE);
    response.writeHead(200, { "content-length": FILE.length });
    cut(response, FILE.subarray(0, HALF));
  });
  const folder = await temporaryFolder();
  const results = await Promise.all(Array.from({ length: 4 }, () => attempt(server.url, folder)));
  expect(results.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
  expect(await readdir(folder)).toEqual(["file.gz"]);
  expect((await readFile(join(folder, "file.gz"))).equals(FILE)).toBe(true);
});

test("a folder that cannot be made is a WRITE error that names it", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "taken"), "");
  const path = join(folder, "taken", "file.gz");
  await expect(download(known("http://127.0.0.1:9/"), path, quickSettings().settings)).rejects.toMatchObject({
    code: "WRITE",
    message: expect.stringContaining(`cannot write ${path}: `),
  });
});

test("a Retry-After header is seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  fc.assert(
    fc.property(fc.nat(10_000_000), (seconds) => {
      expect(retryAfter(String(seconds), now)).toBe(seconds * 1000);
      expect(retryAfter(new Date(now + seconds * 1000).toUTCString(), now)).toBe(seconds * 1000);
      expect(retryAfter(new Date(now - seconds * 1000).toUTCString(), now)).toBe(0);
    }),
    { seed: 1, numRuns: 100 },
  );
  for (const header of [null, "", "soon", "-5", "1.5e400"]) expect(retryAfter(header, now)).toBe(0);
});

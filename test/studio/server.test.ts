import { mkdir, readdir, rename, symlink, writeFile, appendFile } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CURSOR_HEADER, START_HEADER, type RunList } from "../../src/studio/runs-api.ts";
import type { Studio } from "../../src/studio/server/server.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { recordOf, studioOf, writeRun } from "./open-studio.ts";

const SECRET = "what nobody may read";

let folder: string;
let root: string;
let studio: Studio;
let origin: string;
beforeAll(async () => {
  folder = await temporaryFolder({
    "secret.txt": SECRET,
    "elsewhere/config.json": "{}",
    "pictures/x.png": "x",
  });
  root = join(folder, "runs");
  await writeRun(join(root, "run"), {}, [
    recordOf(1),
    recordOf(2, { nats: 3, bitsPerDim: 0.5 }),
    recordOf(3),
  ]);
  await symlink(join(folder, "elsewhere"), join(root, "linked"));
  await mkdir(join(root, "run/samples"));
  await symlink(join(folder, "secret.txt"), join(root, "run/samples/step-00000001.png"));
  await writeFile(join(root, "run/samples/step-00000002.png"), "picture");
  await symlink(join(folder, "secret.txt"), join(root, "run/train.log"));
  studio = await studioOf(root, join(folder, "pictures"));
  origin = new URL(studio.address).origin;
});
afterAll(() => studio.close());

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** Sends a request as it is: without what `fetch` makes of paths and of headers. */
function ask(path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Answer> {
  const { hostname, port, host } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers: { host, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    sent.on("error", reject).end(body);
  });
}

const authorized = () => ({ authorization: `Bearer ${studio.token}` });
/** What the page sends when it has something done. */
const fromPage = () => ({ ...authorized(), origin, "content-type": "application/json" });
const post = (path: string, body: string, headers: Readonly<Record<string, string>> = fromPage()) =>
  ask(path, { method: "POST", headers, body });

const READS = [
  "/api/runs",
  "/api/runs/run",
  "/api/runs/run/metrics",
  "/api/runs/run/log",
  "/api/form",
  "/runs.json",
];
/** What only runs have that were trained. */
const OF_TRAINED = [
  "/runs/run/config.json",
  "/runs/run/best.safetensors",
  "/api/runs/run/sample?seed=0&count=1",
  "/api/runs/run/walk?from=0&to=1&count=2",
  "/figures.json",
];
const WRITES = ["/api/runs", "/api/runs/run/stop", "/api/runs/run/resume", "/token"];
const start = (name: string, values: object = { dataset: "digits" }) => JSON.stringify({ name, values });

describe("who is answered", () => {
  test("only requests to the printed host, with its port", async () => {
    const { port } = new URL(origin);
    const foreign = [
      `evil.example:${port}`,
      "evil.example",
      "127.0.0.1",
      `localhost:${port}`,
      `127.0.0.1:${Number(port) + 1}`,
    ];
    for (const host of foreign) {
      for (const path of ["/", "/api/runs", "/runs.json"]) {
        const { status, text } = await ask(path, { headers: { host, ...authorized() } });
        expect([host, path, status]).toEqual([host, path, 403]);
        expect(text).not.toContain("digits");
      }
    }
    // What is no name of a host at all comes no further than to the reading of requests.
    for (const host of [`127.0.0.1:${port}.evil.example`, `user@127.0.0.1:${port}`])
      expect([host, (await ask("/api/runs", { headers: { host, ...authorized() } })).status]).toEqual([
        host,
        400,
      ]);
    const absolute = await ask(`http://evil.example:${port}/api/runs`, { headers: authorized() });
    expect(absolute.status).toBe(403);
    expect((await ask("/")).status).toBe(200);
  });

  test("only the studio's own page may have something done", async () => {
    const foreign = [
      undefined,
      "null",
      "http://evil.example",
      `${origin}.evil.example`,
      "http://127.0.0.1:1",
    ];
    for (const path of WRITES) {
      for (const one of foreign) {
        const { origin: _, ...rest } = fromPage();
        const headers = { ...rest, ...(one !== undefined && { origin: one }) };
        expect([path, one, (await post(path, "{}", headers)).status]).toEqual([path, one, 403]);
      }
      const site = { ...fromPage(), "sec-fetch-site": "same-site" };
      expect((await post(path, "{}", site)).status).toBe(403);
      const form = { ...fromPage(), "content-type": "application/x-www-form-urlencoded" };
      expect((await post(path, "{}", form)).status).toBe(415);
    }
    // Nobody else is told that they may, either.
    const asked = await ask("/api/runs", { method: "OPTIONS", headers: { origin: "http://evil.example" } });
    expect(asked.status).toBe(405);
    expect(Object.keys(asked.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("only with the token; the page itself tells nothing and needs none", async () => {
    const wrong = [{}, { authorization: "Bearer " }, { authorization: `Bearer ${studio.token.slice(1)}` }];
    for (const headers of wrong) {
      for (const path of [...READS, ...OF_TRAINED])
        expect([path, (await ask(path, { headers })).status]).toEqual([path, 401]);
      for (const path of WRITES.filter((one) => one.startsWith("/api"))) {
        const { authorization: _, ...page } = fromPage();
        expect([path, (await post(path, "{}", { ...page, ...headers })).status]).toEqual([path, 401]);
      }
    }
    for (const path of READS) expect((await ask(path, { headers: authorized() })).status).toBe(200);
  });

  test("a ticket is worth the token once", async () => {
    const { authorization: _, ...page } = fromPage();
    const ticket = new URL(studio.addressForBrowser).hash.slice("#ticket=".length);
    expect((await post("/token", JSON.stringify({ ticket: "x".repeat(43) }), page)).status).toBe(401);
    const { text } = await post("/token", JSON.stringify({ ticket }), page);
    expect(JSON.parse(text)).toEqual({ token: studio.token });
    expect((await post("/token", JSON.stringify({ ticket }), page)).status).toBe(401);
  });

  test("every answer has the headers that keep other pages out", async () => {
    for (const path of ["/", "/api/runs", "/nothing"]) {
      const { headers } = await ask(path);
      expect(headers).toMatchObject({
        "content-security-policy": expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      });
      expect(headers["content-security-policy"]).not.toContain("unsafe-inline");
      expect(headers["strict-transport-security"]).toBeUndefined();
    }
  });
});

describe("nothing outside the folder of runs is read or written", () => {
  const away = ["..", "../elsewhere", "/etc", ".", "linked", "run/../../elsewhere", "run\0"];
  const spellings = away.flatMap((name) => [encodeURIComponent(name), name.replaceAll(".", "%2e")]);

  test("by any name of a run, step or file", async () => {
    const before = await readdir(folder);
    for (const name of spellings.filter((one) => !one.includes("\0"))) {
      const paths = [
        `/api/runs/${name}/metrics`,
        `/api/runs/run/previews/${name}`,
        `/runs/${name}/config.json`,
        `/api/runs/${name}/sample?seed=0&count=1`,
        `/api/runs/run/sample?seed=${name}&count=${name}`,
        `/api/runs/run/walk?from=0&to=${name}&count=2`,
        `/runs/${name}/best.safetensors`,
        `/${name}/secret.txt`,
        `/api/runs/run/metrics/${name}`,
      ];
      for (const path of paths) {
        const { status, text } = await ask(path, { headers: authorized() });
        expect([path, status >= 400 && status < 500]).toEqual([path, true]);
        expect(text).not.toContain(SECRET);
      }
      for (const what of ["stop", "resume"]) {
        const { status } = await post(`/api/runs/${name}/${what}`, "{}");
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }
    }
    expect(await readdir(folder)).toEqual(before);
  });

  test("by links in a run", async () => {
    for (const path of ["/api/runs/run/previews/1", "/api/runs/run/log"]) {
      const { text } = await ask(path, { headers: authorized() });
      expect(text).not.toContain(SECRET);
    }
    expect((await ask("/api/runs/run/previews/2", { headers: authorized() })).text).toBe("picture");
    const { runs } = JSON.parse((await ask("/api/runs", { headers: authorized() })).text) as RunList;
    expect(runs.map(({ name }) => name)).toEqual(["run"]);
    // The log of a training would be written to where the link leads.
    expect((await post("/api/runs/run/resume", "{}")).status).toBe(500);
  });

  test("by the names of new runs, and of pictures", async () => {
    const before = await readdir(root);
    for (const name of [...away, "a/b", "a\\b", "-x", ".x", "x.", "x ", "a\nb", "x".repeat(101)]) {
      expect([name, (await post("/api/runs", start(name))).status]).toEqual([
        name,
        name === "linked" ? 409 : 400,
      ]);
    }
    const places = [
      "..",
      "../secret.txt",
      folder,
      join(root, "run"),
      "/etc/passwd",
      "-x",
      "--model=./x.js",
      "a\0b",
    ];
    for (const dataset of places) {
      for (const values of [{ dataset }, { dataset: "digits", valid: dataset }]) {
        const { status } = await post("/api/runs", start("new", values));
        expect([values, [400, 404].includes(status)]).toEqual([values, true]);
      }
    }
    expect(await readdir(root)).toEqual(before);
  });
});

describe("requests that make no sense", () => {
  test("are refused, whatever they say", async () => {
    const bodies = [
      "",
      "{",
      "null",
      "[]",
      '"x"',
      "{}",
      '{"name":1,"values":{}}',
      '{"name":"x","values":{"a":{}}}',
    ];
    for (const body of bodies) expect([body, (await post("/api/runs", body)).status]).toEqual([body, 400]);
    const nested = "[".repeat(10_000) + "]".repeat(10_000);
    expect((await post("/api/runs", nested)).status).toBe(400);
    const wrong = [
      { dataset: "digits", out: "elsewhere" },
      { dataset: "digits", config: "x.yaml" },
      { dataset: "digits", force: true },
      { dataset: "digits", model: "./x.js" },
      { dataset: "digits", steps: "many" },
      { dataset: "digits", steps: "1", epochs: "1" },
      { dataset: "digits", optimizer: "none" },
      { dataset: "digits", mirror: "yes" },
      {},
    ];
    for (const values of wrong) {
      expect([values, (await post("/api/runs", start("new", values))).status]).toEqual([values, 400]);
    }
    expect((await post("/api/runs/run/resume", '{"steps":-1}')).status).toBe(400);
    expect((await post("/api/runs/run/stop", "{}")).status).toBe(404);
    expect((await ask("/api/runs/run", { method: "DELETE", headers: fromPage() })).status).toBe(405);
    expect(await readdir(root)).not.toContain("new");
  });

  test.each(["with its length", "in pieces"])("of 100 MB are refused unread, %s", async (how) => {
    const size = 100_000_000;
    const isAnnounced = how === "with its length";
    const { hostname, port } = new URL(origin);
    const headers = { ...fromPage(), ...(isAnnounced && { "content-length": String(size) }) };
    const taken = await new Promise<{ status: number; sent: number }>((resolve, reject) => {
      let sent = 0;
      const asking = request({ hostname, port, path: "/api/runs", method: "POST", headers }, (response) => {
        response.resume();
        resolve({ status: response.statusCode!, sent });
        asking.destroy();
      });
      asking.on("error", (error) => (sent === 0 ? reject(error) : undefined));
      const piece = Buffer.alloc(2 ** 16, "x");
      const more = () => {
        while (sent < size && !asking.destroyed) {
          sent += piece.length;
          if (!asking.write(piece)) return void asking.once("drain", more);
        }
      };
      more();
    });
    expect(taken.status).toBe(413);
    expect(taken.sent).toBeLessThan(size / 5);
  });
});

test("a thousand connections that never end what they began do not keep the page out", async () => {
  const { hostname, port, host } = new URL(origin);
  const sockets: Socket[] = [];
  for (let i = 0; i < 1000; i++) {
    const socket = connect(Number(port), hostname).on("error", () => undefined);
    sockets.push(socket.pause());
    // Half of them do not end their requests, half do not read the answers.
    const asked = `GET /api/runs HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${studio.token}\r\n`;
    socket.write(i % 2 === 0 ? asked : `${asked}\r\n`);
  }
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  expect((await ask("/api/runs", { headers: authorized() })).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});

describe("what is told about runs", () => {
  const told = async () => {
    const { text } = await ask("/api/runs", { headers: authorized() });
    return new Map((JSON.parse(text) as RunList).runs.map((one) => [one.name, one]));
  };

  test("is their state, and as far as they have come", async () => {
    await writeRun(join(root, "done"), {}, [recordOf(10, { nats: 1 })]);
    await writeRun(join(root, "broken"), { training: "none" });
    await writeRun(join(root, "diverged"), {}, [recordOf(4)]);
    await writeFile(join(root, "diverged/failure.json"), '{"message":"the loss is not finite"}');
    await mkdir(join(root, "refused"));
    await writeFile(join(root, "refused/train.log"), "a note\nerror: no data set\n");
    await mkdir(join(root, "no run"));
    await expect.poll(async () => (await told()).size).toBe(5);
    const runs = await told();
    expect(runs.get("run")).toMatchObject({
      state: "interrupted",
      step: 3,
      steps: 10,
      valid: { nats: 3, bitsPerDim: 0.5 },
    });
    expect(runs.get("run")?.draws).toBeUndefined();
    expect(runs.get("done")).toMatchObject({ state: "finished", step: 10, valid: { nats: 1 } });
    expect(runs.get("broken")).toMatchObject({
      state: "failed",
      problem: expect.stringContaining("config.json"),
    });
    expect(runs.get("diverged")).toMatchObject({
      state: "failed",
      problem: "the loss is not finite",
      step: 4,
    });
    expect(runs.get("refused")).toMatchObject({ state: "failed", problem: "no data set", step: 0 });
  });

  test("is why a training could not begin, or go on; only one is started at a time", async () => {
    const values = { dataset: join(folder, "pictures") };
    const both = await Promise.all([1, 2].map(() => post("/api/runs", start("bad", values))));
    expect(both.map(({ status }) => status).sort()).toEqual([202, 409]);
    const ended = async (name: string) => {
      await expect.poll(async () => (await told()).get(name)?.problem, { timeout: 30_000 }).toBeDefined();
      return (await told()).get(name);
    };
    expect(await ended("bad")).toMatchObject({ state: "failed", problem: expect.stringContaining("x.png") });
    expect((await post("/api/runs/done/resume", '{"steps":5}')).status).toBe(202);
    const resumed = { state: "finished", problem: expect.stringContaining("training.steps 10") };
    expect(await ended("done")).toMatchObject(resumed);
  });

  test("is sent again only if it has changed, and metrics from where they were read to", async () => {
    const tag = (await ask("/api/runs", { headers: authorized() })).headers.etag!;
    const again = { ...authorized(), "if-none-match": tag };
    expect((await ask("/api/runs", { headers: again })).status).toBe(304);

    const read = async (after: string) => {
      const path = `/api/runs/run/metrics?after=${encodeURIComponent(after)}`;
      const { headers, text } = await ask(path, { headers: authorized() });
      const steps = text
        .split("\n")
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { step: number }).step);
      return { cursor: String(headers[CURSOR_HEADER]), steps, isStart: START_HEADER in headers };
    };
    const first = await read("");
    expect(first).toMatchObject({ steps: [1, 2, 3], isStart: true });
    const file = join(root, "run/metrics.jsonl");
    await appendFile(file, `${JSON.stringify(recordOf(4))}\n{"step":`);
    const second = await read(first.cursor);
    expect(second).toMatchObject({ steps: [4], isStart: false });
    await appendFile(file, "5}\n");
    expect(await read(second.cursor)).toMatchObject({ steps: [5], isStart: false });
    // A run that is resumed has another file, without the records after its checkpoint.
    await writeFile(`${file}.new`, `${JSON.stringify(recordOf(1))}\n`.repeat(9));
    await rename(`${file}.new`, file);
    expect(await read(second.cursor)).toMatchObject({ steps: Array(9).fill(1), isStart: true });
    expect(await read("nonsense")).toMatchObject({ isStart: true });
    await expect.poll(async () => (await ask("/api/runs", { headers: again })).status).toBe(200);
  });
});

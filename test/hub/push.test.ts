import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkRepository, hubModel } from "../../src/hub/names.ts";
import { pushFiles, type PushOptions } from "../../src/hub/push.ts";
import { localRun } from "../../src/run/local-run.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { quickSettings, sha256 } from "../fetch/server.ts";
import { jsonOf } from "../cli/run-cli.ts";
import { runHere } from "../cli/run-here.ts";
import { TINY_CONFIG } from "../run/tiny-config.ts";
import { runWithFirstWeights } from "../run/run-with-first-weights.ts";
import { serveModels, TOKEN, type ModelServer, type ModelServerOptions } from "./model-server.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const FILES = new Map([
  ["README.md", bytes("# tiny")],
  ["config.json", bytes('{"a": 1}')],
  ["model.safetensors", bytes("these are the weights")],
]);

const NO_NETWORK = "http://127.0.0.1:9";

/** Settings for a Hub, the events that they lead to, and what pushes and loads there. */
async function using(hub: ModelServer, token = TOKEN) {
  const cache = await temporaryFolder();
  const { settings, events } = quickSettings({ hub: hub.url, hubToken: token, cache });
  const push = (options: PushOptions = {}, files: ReadonlyMap<string, Uint8Array> = FILES) =>
    pushFiles("me/tiny", files, options, settings);
  const load = (name = "hf:me/tiny", others: object = {}) => localRun(name, { ...settings, ...others });
  return { cache, events, push, load };
}

const serving = async (options?: ModelServerOptions) => {
  const hub = await serveModels(options);
  return { hub, ...(await using(hub)) };
};

/** Whether a token is anywhere in the files below a folder. */
async function holdsToken(folder: string): Promise<boolean> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && (await readFile(join(entry.parentPath, entry.name))).includes(TOKEN)) return true;
  return false;
}

describe("a run that is pushed", () => {
  test("is loaded by its name on the Hub, and draws and scores as before; the token is nowhere", async () => {
    const hub = await serveModels();
    const size = { channels: 1, rows: 8, cols: 8 };
    const run = await runWithFirstWeights({ ...TINY_CONFIG, network: { ...TINY_CONFIG.network, size } });
    const cwd = await temporaryFolder();
    const env = { HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN, NEXTPIXEL_CACHE: join(cwd, "cache") };
    const cli = (line: string) => runHere(line.split(" "), { cwd, env });
    const said: string[] = [];
    const json = async (line: string) => {
      const answer = await cli(`${line} --json`);
      said.push(answer.stdout, answer.stderr);
      return jsonOf(answer);
    };
    const pushed = await json(`push ${run} me/tiny --license mit --message first`);
    const commit = String(pushed["commit"]);
    expect(pushed).toMatchObject({
      url: `${hub.url}/me/tiny`,
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(hub.commits.get(commit)!.summary).toBe("first");
    const { files } = hub.commits.get(commit)!;
    expect([...files.keys()].sort()).toEqual(
      ["README.md", "config.json", "model.safetensors", "onnx/model.onnx", "samples.png"].sort(),
    );
    expect(String(files.get("README.md")!.content)).toContain("npx nextpixel sample hf:me/tiny --count 16");

    const drawing = "--count 3 --seed 5 --workers 1 --out";
    await json(`sample ${run} ${drawing} own.png`);
    for (const name of ["hf:me/tiny", `hf:me/tiny@${commit}`]) {
      await json(`sample ${name} ${drawing} hub.png`);
      expect(await readFile(join(cwd, "hub.png"))).toEqual(await readFile(join(cwd, "own.png")));
    }
    const scoring = "digits:test --limit 4 --threads 1";
    const { run: _, ...scored } = await json(`score hf:me/tiny ${scoring}`);
    expect(await json(`score ${run} ${scoring}`)).toMatchObject(scored);
    expect(await json("info hf:me/tiny")).toMatchObject({ model: "pixelcnn" });
    const published = await json("publish hf:me/tiny site");
    expect(published).toMatchObject({ runs: [{ folder: "tiny" }] });
    const model = await ImageModel.load("hf:me/tiny", {
      download: { hub: hub.url, cache: join(cwd, "cache") },
    });
    expect(model.step).toBe(5);

    // Once more, there is nothing new; and of its own the card is not the model's.
    expect(await json(`push ${run} me/tiny --license mit`)).toMatchObject({ commit, changed: [] });
    const card = await json(`push ${run} me/tiny`);
    expect(card).toMatchObject({ changed: ["README.md"] });

    const downloads = hub.requests.filter(({ asked }) => asked.startsWith("store GET"));
    expect(downloads).toHaveLength(1);
    const store = hub.requests.filter(({ asked }) => asked.startsWith("store"));
    expect(store.map(({ authorization }) => authorization)).toEqual(store.map(() => undefined));
    expect(hub.requests.find(({ asked }) => asked.includes("/resolve/"))!.authorization).toBe(
      `Bearer ${TOKEN}`,
    );
    expect(Buffer.concat(hub.received).includes(TOKEN)).toBe(false);
    expect(said.join("")).not.toContain(TOKEN);
    expect(await holdsToken(cwd)).toBe(false);
  });

  test("needs a token, and says what is wrong with one", async () => {
    const hub = await serveModels();
    const { push } = await using(hub, "");
    await expect(push()).rejects.toMatchObject({
      code: "ARGUMENT",
      message: "to push, set HF_TOKEN to an access token of the Hub that may write",
    });
    expect(hub.requests).toEqual([]);
    const { push: pushWrongly } = await using(hub, "hf_other");
    await expect(pushWrongly()).rejects.toMatchObject({
      code: "UPLOAD",
      message:
        `${hub.url}/api/repos/create refuses: HTTP 401 Unauthorized: Invalid username or password.; ` +
        "HF_TOKEN has to be a token that may write there",
    });
    const { settings } = quickSettings({ hub: hub.url, hubToken: TOKEN });
    await expect(pushFiles("you/tiny", FILES, {}, settings)).rejects.toThrow(
      "HTTP 403 Forbidden: You don't have the rights to create a model there; HF_TOKEN has to be",
    );
    await expect(using(hub, `${TOKEN}\n bad`)).rejects.toMatchObject({
      code: "ARGUMENT",
      message: expect.not.stringContaining(TOKEN),
    });
  });

  test("can be private, of which those without a token learn nothing; one that is not is not pushed as such", async () => {
    const { hub, push, load } = await serving();
    await push({ private: true });
    expect(hub.repositories.get("me/tiny")!.isPrivate).toBe(true);
    expect(await readdir(await load())).toEqual(["config.json", "model.safetensors"]);
    const { load: loadWithout } = await using(hub, "");
    await expect(loadWithout()).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(
        "(HTTP 404), or one that is not open to all: for such a one set HF_TOKEN",
      ),
    });
    hub.repositories.get("me/tiny")!.isPrivate = false;
    await expect(push({ private: true })).rejects.toMatchObject({ code: "ARGUMENT", about: ["private"] });
  });

  test("may go to a branch, and means what it meant when it is pinned", async () => {
    const { hub, push, load } = await serving();
    const first = await push();
    const changed = new Map([...FILES, ["model.safetensors", bytes("other weights")] as const]);
    const second = await push({ revision: "better/one" }, changed);
    expect(second.changed).toEqual(["model.safetensors"]);
    expect(hub.repositories.get("me/tiny")!.branches.get("main")).toBe(first.commit);
    const weights = async (name: string) => readFile(join(await load(name), "model.safetensors"), "utf8");
    expect(await weights("hf:me/tiny")).toBe("these are the weights");
    expect(await weights("hf:me/tiny@better/one")).toBe("other weights");
    await push({}, changed);
    expect(await weights("hf:me/tiny")).toBe("other weights");
    expect(await weights(`hf:me/tiny@${first.commit}`)).toBe("these are the weights");
  });

  test("is sent in pieces if the Hub wants that", async () => {
    const { hub, push, load } = await serving({ pieces: 5 });
    await push();
    expect(hub.requests.filter(({ asked }) => asked.startsWith("store PUT"))).toHaveLength(5);
    expect(await readFile(join(await load(), "model.safetensors"), "utf8")).toBe("these are the weights");
  });

  test("needs no network once it is there", async () => {
    const { events, push, load } = await serving();
    const { commit } = await push();
    const folder = await load();
    expect(await load("hf:me/tiny", { hub: NO_NETWORK })).toBe(folder);
    expect(events.at(-1)).toEqual(
      expect.objectContaining({ kind: "offline", file: folder, reason: expect.stringContaining(NO_NETWORK) }),
    );
    events.length = 0;
    expect(await load(`hf:me/tiny@${commit}`, { hub: NO_NETWORK })).toBe(folder);
    expect(events.map(({ kind }) => kind)).toEqual([]);
    await expect(load("hf:me/tiny@other", { hub: NO_NETWORK })).rejects.toMatchObject({ code: "DOWNLOAD" });
  });
});

describe("a Hub that is not as it should be", () => {
  test.each([
    [
      "weights of other content",
      "model.safetensors",
      (content: Buffer) => content.reverse(),
      "expected SHA-256",
    ],
    [
      "a configuration of other content",
      "config.json",
      (content: Buffer) => content.reverse(),
      "expected Git's SHA-1",
    ],
    [
      "weights that are longer",
      "model.safetensors",
      (content: Buffer) => Buffer.concat([content, content]),
      "bytes",
    ],
    ["a shorter configuration", "config.json", (content: Buffer) => content.subarray(1), "bytes"],
  ])("and has %s is not believed", async (_name, file, change, message) => {
    const { push, load, cache } = await serving({
      // Of the store, the path is a hash.
      changed: (path, content) =>
        path === file || (file === "model.safetensors" && path.startsWith("/"))
          ? change(Buffer.from(content))
          : content,
    });
    const { commit } = await push();
    await expect(load()).rejects.toThrow(message);
    expect(await readdir(join(cache, "hf-models/me/tiny", commit))).not.toContain(file);
  });

  test("cannot change what is in the cache, nor can anybody else", async () => {
    const { push, load } = await serving();
    await push();
    const folder = await load();
    const file = join(folder, "model.safetensors");
    await writeFile(file, "these are the wEights");
    await expect(load()).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringMatching(`for ${file}, received .*; delete it to have it downloaded from`),
    });
  });

  test("is asked again when it is busy or breaks off, each request up to five times", async () => {
    const failures: Record<string, number> = {};
    const { hub, events, push, load } = await serving({
      instead(asked, request, response) {
        const kind = asked.replaceAll(/[0-9a-f]{40,}/g, "*");
        const failed = (failures[kind] = (failures[kind] ?? 0) + 1);
        const isEven = Object.keys(failures).length % 2 === 0;
        if (failed === 1) response.writeHead(isEven ? 429 : 503, { "retry-after": "0" }).end("busy");
        else if (failed === 2) request.socket.destroy();
        return failed <= 2;
      },
    });
    const { commit } = await push();
    expect([...hub.commits.get(commit)!.files.keys()]).toEqual([...FILES.keys()]);
    await load();
    expect(events.filter(({ kind }) => kind === "retry").length).toBeGreaterThan(2 * 8);
    expect(JSON.stringify(events)).not.toMatch(/Signature|SeCrEt/);
  });

  test("is given up when it stays busy, in an error that gives nothing away", async () => {
    const { push } = await serving({
      instead(asked, _request, response) {
        const isUpload = asked.startsWith("store PUT");
        if (isUpload) response.writeHead(500, `oops ${TOKEN}`).end();
        return isUpload;
      },
    });
    const fault = await push().catch((error: unknown) => error as Error & { code: string });
    expect(fault).toMatchObject({
      code: "UPLOAD",
      message: expect.stringMatching(
        /^cannot send to http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{64} \(HTTP 500 oops \*\*\*\)$/,
      ),
    });
  });

  test.each([
    ["hub POST /api/models/me/tiny/preupload/main", `{"error":"your token is ${TOKEN}"}`, 400],
    ["hub POST /api/models/me/tiny/preupload/main", `no JSON but ${TOKEN}`, 200],
    ["hub POST /api/models/me/tiny/preupload/main", `{"files":"${TOKEN}"}`, 200],
    ["hub POST /api/models/me/tiny/commit/main", `{"commitOid":"${TOKEN}"}`, 200],
    ["hub GET /api/models/me/tiny", `{"private":"${TOKEN}"}`, 200],
  ])("and answers to %s with %s shows no token to anybody", async (to, body, status) => {
    const { push } = await serving({
      instead(asked, _request, response) {
        if (asked === to) response.writeHead(status, { "x-error": TOKEN }).end(body);
        return asked === to;
      },
    });
    const fault = await push().catch((error: unknown) => error as Error);
    expect(fault).toBeInstanceOf(Error);
    expect((fault as Error).message).not.toContain(TOKEN);
    expect((fault as Error).message.length).toBeGreaterThan(20);
  });

  test("has moved on meanwhile: nothing is overwritten", async () => {
    let hub: ModelServer | undefined;
    const server = await serving({
      instead(asked) {
        // Somebody else is faster.
        if (asked.includes("/commit/"))
          hub?.repositories.get("me/tiny")!.branches.set("main", "0".repeat(40));
        return false;
      },
    });
    hub = server.hub;
    hub.commits.set("0".repeat(40), { files: new Map(), summary: "" });
    await expect(server.push()).rejects.toMatchObject({
      code: "UPLOAD",
      message: expect.stringContaining("HTTP 412 Precondition Failed: A commit has happened since"),
    });
  });

  test.each([
    [{ objects: [] }, "expected an answer about model.safetensors"],
    [
      { objects: [{ oid: "*", error: { message: "too large" } }] },
      "the Hub does not take model.safetensors: too large",
    ],
    [
      {
        objects: [
          {
            oid: "*",
            actions: { upload: { href: "http://x/", header: { chunk_size: "4", "1": "http://x/" } } },
          },
        ],
      },
      "expected pieces that make up model.safetensors, received 1 of 4 bytes",
    ],
    [{ objects: [{ oid: "*", actions: { upload: { href: "file:///etc/passwd" } } }] }, "href"],
  ])("and answers %j about large files is refused", async (answer, message) => {
    const { push } = await serving({
      instead(asked, _request, response) {
        const isBatch = asked.includes("/lfs/");
        if (isBatch)
          response.end(JSON.stringify(answer).replace("*", sha256(FILES.get("model.safetensors")!)));
        return isBatch;
      },
    });
    await expect(push()).rejects.toThrow(message);
  });
});

test.each([
  ["hf:me/tiny", { repository: "me/tiny", name: "tiny", revision: "main" }],
  ["hf:me/t.i-ny@v1.0", { repository: "me/t.i-ny", name: "t.i-ny", revision: "v1.0" }],
  ["hf:me/tiny@refs/pr/3", { repository: "me/tiny", name: "tiny", revision: "refs/pr/3" }],
  ["me/tiny", undefined],
  ["./hf:me/tiny", undefined],
])("%s names the model %j", (name, model) => {
  expect(hubModel(name)).toEqual(model);
});

test.each([
  "hf:",
  "hf:me",
  "hf:me/tiny/x",
  "hf:me/tiny@",
  "hf:me/../x",
  "hf:me/tiny@../x",
  "hf:me/tiny@a b",
  "hf:me/tiny:test",
])("%s names no model", (name) => {
  expect(() => hubModel(name)).toThrow(
    "expected hf:owner/name or hf:owner/name@revision for a model on the Hub",
  );
});

test("a repository and a branch have names of their forms", () => {
  expect(() => checkRepository("me/tiny", "main")).not.toThrow();
  expect(() => checkRepository("tiny", "main")).toThrow(
    'expected owner/name for a model on the Hub, received "tiny"',
  );
  expect(() => checkRepository("hf:me/tiny", "main")).toThrow("expected owner/name");
  expect(() => checkRepository("me/tiny", "a..b/../c")).toThrow(
    "expected the name of a branch for the revision",
  );
});

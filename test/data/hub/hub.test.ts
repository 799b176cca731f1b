import { cp, readdir, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NextpixelError } from "../../../src/basics/errors.ts";
import { openDataset, type OpenOptions } from "../../../src/data/open.ts";
import type { FetchEvent, FetchOptions } from "../../../src/fetch/settings.ts";
import { serve } from "../../fetch/server.ts";
import { png, serveHub, table, type HubOptions } from "./hub-server.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const NO_NETWORK = "http://127.0.0.1:9";
const TRAIN = "hf/me/tiny/default/train/0000.parquet";
const CLASSES = ["T-shirt/top", "dog"];

const open = (name: string, download: FetchOptions, options: OpenOptions = {}) =>
  openDataset(name, {
    ...options,
    download: { stallTimeout: 2000, retryDelay: 1, hubToken: "", ...download },
  });

const values = async (dataset: Awaited<ReturnType<typeof open>>) =>
  [...(await dataset.read(Array.from({ length: dataset.count }, (_, i) => i)))].filter((_, i) => i % 2 === 0);

describe("a data set on the Hub", async () => {
  const train = table([await png(10), await png(20), await png(30)], {
    labels: [1, 0, 1],
    classNames: CLASSES,
  });
  const test1 = table([await png(40)], { labels: [0], classNames: CLASSES });

  test("is downloaded, unpacked and opened as a folder of pictures; then no network is needed", async () => {
    const hub = await serveHub({ default: { train: [train], test: [test1] } });
    const cache = await temporaryFolder();
    const events: FetchEvent[] = [];
    const onEvent = (event: FetchEvent) => void events.push(event);
    for (const url of [hub.url, NO_NETWORK]) {
      const dataset = await open("hf:me/tiny", { cache, hub: url, onEvent });
      expect(dataset).toMatchObject({
        name: "hf:me/tiny",
        count: 3,
        size: { channels: 1, rows: 1, cols: 2 },
        labels: Int32Array.of(0, 1, 1),
        classNames: CLASSES,
      });
      expect(await values(dataset)).toEqual([20, 10, 30]);
    }
    expect(events.filter(({ kind }) => kind !== "progress").map(({ kind }) => kind)).toEqual(
      "start end unpack unpack end".split(" "),
    );
    expect(events.find(({ kind }) => kind === "unpack")).toMatchObject({ pictures: 2, of: 3 });
    // What was downloaded is needed no more.
    expect(await readdir(join(cache, "hf/me/tiny/default"))).toEqual([]);
    expect(await readdir(join(cache, "hf-unpacked/me/tiny/default"))).toEqual(["train"]);

    const another = await open("hf:me/tiny:test", { cache, hub: hub.url }, { resize: { rows: 3, cols: 3 } });
    expect(another).toMatchObject({
      name: "hf:me/tiny:test",
      count: 1,
      size: { channels: 1, rows: 3, cols: 3 },
    });
  });

  test("can be opened several times at once", async () => {
    const hub = await serveHub({ default: { train: [train] } });
    const cache = await temporaryFolder();
    const opened = await Promise.all(
      Array.from({ length: 4 }, () => open("hf:me/tiny", { cache, hub: hub.url })),
    );
    expect(opened.map(({ count }) => count)).toEqual([3, 3, 3, 3]);
    expect(await readdir(join(cache, "hf-unpacked/me/tiny/default"))).toEqual(["train"]);
    expect(hub.requests.filter((request) => request.includes("/resolve/"))).toHaveLength(1);
  });

  test("leaves no pictures behind that a process had not all unpacked when it was killed", async () => {
    const hub = await serveHub({ default: { train: [train] } });
    const host = hostname().replaceAll(/[^\w]/g, "_");
    const part = join("hf-unpacked/me/tiny/default", `train.${host}.part`);
    const cache = await temporaryFolder({ [join(part, "00000007.png")]: "half" });
    expect((await open("hf:me/tiny", { cache, hub: hub.url })).count).toBe(3);
    expect(await readdir(join(cache, "hf-unpacked/me/tiny/default"))).toEqual(["train"]);
  });

  test("has configs, of which one may be the default, and splits of several files", async () => {
    const hub = await serveHub({ plain: { train: [train, test1] } });
    for (const name of ["hf:me/tiny/plain", "hf:me/tiny"]) {
      const dataset = await open(name, { cache: await temporaryFolder(), hub: hub.url });
      expect(await values(dataset)).toEqual([20, 40, 10, 30]);
    }
    const several = await serveHub({ other: { train: [train] }, default: { train: [test1] } });
    expect(
      await values(await open("hf:me/tiny", { cache: await temporaryFolder(), hub: several.url })),
    ).toEqual([40]);
  });

  test.each([
    [{}, "hf:me/tiny", "one of the configs (none)"],
    [{ a: { train: [train] } }, "hf:me/tiny/b", "one of the configs a for"],
    [
      { a: { train: [train] }, b: { train: [train] } },
      "hf:me/tiny",
      "one of the configs a, b to be named (hf:owner/name/config:split)",
    ],
    [{ a: { train: [train], test: [test1] } }, "hf:me/tiny:valid", "one of the splits train, test for"],
  ] as const)(
    "with %j and without what %s means is an error that says what there is",
    async (tables, name, message) => {
      const hub = await serveHub(tables);
      await expect(open(name, { cache: await temporaryFolder(), hub: hub.url })).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: expect.stringContaining(message),
      });
    },
  );

  test("of which the Hub has converted only the beginning says so by the name of the split", async () => {
    const hub = await serveHub({ default: { "partial-train": [train] } });
    const cache = await temporaryFolder();
    await expect(open("hf:me/tiny", { cache, hub: hub.url })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("one of the splits partial-train for"),
    });
    expect((await open("hf:me/tiny:partial-train", { cache, hub: hub.url })).count).toBe(3);
  });

  test("needs no labels, nor notes of what the columns are", async () => {
    const pictures = [await png(1), await png(2)];
    const cache = await temporaryFolder();
    const bare = await serveHub({ default: { train: [table(pictures, { isBare: true })] } });
    const unlabelled = await open("hf:me/tiny", { cache, hub: bare.url });
    expect(unlabelled).toMatchObject({ count: 2, labels: undefined, classNames: undefined });
    const numbered = table(pictures, { isBare: true, labels: [7, 3] });
    const hub = await serveHub({ default: { train: [numbered] } });
    expect((await open("hf:me/tiny", { cache: await temporaryFolder(), hub: hub.url })).classNames).toEqual([
      "3",
      "7",
    ]);
    const secret = await serveHub({
      default: { train: [table(pictures, { labels: [-1, -1], classNames: CLASSES })] },
    });
    expect(
      (await open("hf:me/tiny", { cache: await temporaryFolder(), hub: secret.url })).labels,
    ).toBeUndefined();
  });

  test("that is not open to all needs a token, which goes to the Hub alone", async () => {
    const hub = await serveHub({ default: { train: [train] } });
    await open("hf:me/tiny", { cache: await temporaryFolder(), hub: hub.url, hubToken: "hf_secret" });
    expect(hub.headers.hub!.authorization).toBe("Bearer hf_secret");
    expect(hub.headers.store!.authorization).toBeUndefined();
    await open("hf:me/tiny", { cache: await temporaryFolder(), hub: hub.url });
    expect(hub.headers.hub!.authorization).toBeUndefined();
    const closed = await serve((_, response) => void response.writeHead(401).end());
    await expect(
      open("hf:me/tiny", { cache: await temporaryFolder(), hub: closed.url }),
    ).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `no data set with Parquet files at ${closed.url}/api/datasets/me/tiny/tree/refs%2Fconvert%2Fparquet (HTTP 401), or one that is not open to all: for such a one set HF_TOKEN`,
    });
  });
});

describe("a Hub that lies", async () => {
  const train = table([await png(10)]);
  const opening = async (lie: NonNullable<HubOptions["lie"]>) => {
    const hub = await serveHub({ default: { train: [train] } }, { lie });
    const cache = await temporaryFolder();
    const error: unknown = await open("hf:me/tiny", { cache, hub: hub.url }).catch((e: unknown) => e);
    return { error, cache, left: await readdir(cache, { recursive: true }) };
  };

  test("about a file's SHA-256 is found out", async () => {
    const wrong = "0".repeat(64);
    const { error, left } = await opening({ sha256: wrong });
    expect(error).toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining(`expected SHA-256 ${wrong}`),
    });
    expect(left.filter((name) => /parquet$|part$/.test(name))).toEqual([]);
  });

  test.each([-1, 1.5, "many", "", 2 ** 60])("about a file's size is found out: %s", async (size) => {
    const { error, left } = await opening({ size });
    expect(error).toMatchObject({ code: "FORMAT" });
    expect(left.filter((name) => name.endsWith("parquet"))).toEqual([]);
  });

  test("about sizes beyond the bound is found out before anything is downloaded", async () => {
    const { error } = await opening({ size: 2 ** 40 });
    expect(error).toMatchObject({
      code: "ARGUMENT",
      message: `expected at most ${2 ** 36} bytes for "hf:me/tiny", received ${2 ** 40}`,
    });
  });

  test.each(["/", "http://127.0.0.1:9/x/", "../../../../"])(
    "about where its files are is asked for them where they belong: %s",
    async (place) => {
      const hub = await serve((request, response) => {
        const depth = request.url!.split("/").length - 6;
        const [type, name] = [depth < 3 ? "directory" : "file", ["a", "train", "x.parquet"][depth - 1]];
        if (request.url!.startsWith("/api/"))
          response.end(JSON.stringify([{ type, path: `${place}${name}`, size: 1 }]));
        else response.writeHead(404).end();
      });
      const options = { cache: await temporaryFolder(), hub: hub.url };
      await expect(open("hf:me/tiny", options)).rejects.toMatchObject({ code: "DOWNLOAD" });
      expect(hub.requests.at(-1)).toBe(
        "GET /datasets/me/tiny/resolve/refs%2Fconvert%2Fparquet/a/train/x.parquet",
      );
    },
  );

  test.each([
    ["text", "not JSON"],
    ["more than a bound", JSON.stringify([{ type: "directory", path: "x".repeat(2 ** 25), size: 0 }])],
    ["something else", '{"default": ["train"]}'],
    ["nothing but folders in folders", '[{"type": "directory", "path": "train", "size": 0}]'],
  ])("and answers with %s ends in an error of ours", async (_, body) => {
    const hub = await serve((_, response) => void response.end(body));
    const error: unknown = await open("hf:me/tiny", { cache: await temporaryFolder(), hub: hub.url }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(NextpixelError);
    expect((error as Error).message).not.toContain("\n");
  });

  test.each([
    ["is busy", (response: ServerResponse) => void response.writeHead(503).end()],
    ["breaks connections", (response: ServerResponse) => void response.destroy()],
  ])("and %s is asked again, not for ever", async (_, fail) => {
    let failures = 2;
    const hasFailed = (response: ServerResponse) => {
      if (failures-- <= 0) return false;
      fail(response);
      return true;
    };
    const hub = await serveHub({ default: { train: [train] } }, { hasFailed });
    const events: FetchEvent[] = [];
    const onEvent = (event: FetchEvent) => void events.push(event);
    const opening = async () => open("hf:me/tiny", { cache: await temporaryFolder(), hub: hub.url, onEvent });
    expect((await opening()).count).toBe(1);
    expect(events.filter(({ kind }) => kind === "retry")).toHaveLength(2);
    failures = Number.POSITIVE_INFINITY;
    hub.requests.length = 0;
    await expect(opening()).rejects.toMatchObject({ code: "DOWNLOAD" });
    expect(hub.requests).toHaveLength(5);
  });

  test("and never answers is given up", async () => {
    const hub = await serve(() => undefined);
    await expect(
      open("hf:me/tiny", { cache: await temporaryFolder(), hub: hub.url, stallTimeout: 50 }),
    ).rejects.toMatchObject({
      code: "DOWNLOAD",
      message: expect.stringContaining("(nothing came for 0.05 s)"),
    });
  });
});

describe("without a network", () => {
  test("the error says what to put where", async () => {
    const cache = await temporaryFolder();
    await expect(open("hf:me/tiny:test", { cache, hub: NO_NETWORK })).rejects.toMatchObject({
      code: "DOWNLOAD",
      message: expect.stringMatching(
        /^cannot download http:\/\/127\.0\.0\.1:9\/api\/datasets\/me\/tiny\/\S+ \(.+\); where there is no network, copy /,
      ),
    });
    await expect(open("hf:me/tiny", { cache, hub: NO_NETWORK })).rejects.toThrow(
      `copy ${join(cache, "hf-unpacked/me/tiny/default/train")} from a machine that has one`,
    );
  });

  test("what another machine has kept is enough", async () => {
    const hub = await serveHub({ default: { train: [table([await png(5), await png(6)])] } });
    const [there, here] = [await temporaryFolder(), await temporaryFolder()];
    await open("hf:me/tiny", { cache: there, hub: hub.url });
    await cp(join(there, "hf-unpacked"), join(here, "hf-unpacked"), { recursive: true });
    expect(await values(await open("hf:me/tiny", { cache: here, hub: NO_NETWORK }))).toEqual([5, 6]);
  });

  test("files that are there are checked once the Hub can be asked", async () => {
    const hub = await serveHub({ default: { train: [table([await png(5)])] } });
    const cache = await temporaryFolder({ [TRAIN]: table([await png(6)]) });
    await expect(open("hf:me/tiny", { cache, hub: hub.url })).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringMatching(/^expected .*; delete it to have it downloaded from http/),
    });
    await rm(join(cache, TRAIN));
    expect(await values(await open("hf:me/tiny", { cache, hub: hub.url }))).toEqual([5]);
  });
});

import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openDataset } from "../../../src/data/open.ts";
import { CATALOG, openPublished, publishedDataset } from "../../../src/data/published/published.ts";
import { quickSettings, serveFiles, sha256 } from "../../fetch/server.ts";
import { tarArchive } from "../formats/tar-archive.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const NAMES = [
  "mnist",
  "mnist:test",
  "binarized-mnist",
  "binarized-mnist:valid",
  "binarized-mnist:test",
  "fashion-mnist",
  "fashion-mnist:test",
  "cifar10",
  "cifar10:test",
];

const idx = (dimensions: readonly number[], values: readonly number[]): Uint8Array =>
  gzipSync(
    Uint8Array.from([0, 0, 8, dimensions.length, ...dimensions.flatMap((n) => [0, 0, 0, n]), ...values]),
  );

const IMAGES = idx([2, 1, 3], [0, 128, 255, 1, 2, 3]);
const LABELS = idx([2], [9, 0]);

/** The files of a name with another content: what the catalogue has of them is made to fit. */
function small(name: string, contents: readonly Uint8Array[]) {
  const real = publishedDataset(name)!;
  const files = real.files.map((file, i) => {
    const content = contents[i]!;
    return { ...file, bytes: content.length, sha256: sha256(content) };
  });
  const served = Object.fromEntries(
    files.map((file, i) => [`/${name.split(":")[0]}/${file.path}`, contents[i]!]),
  );
  return { one: { ...real, files }, served };
}

describe("names", () => {
  test("are known, and each of their files has a size and a SHA-256 of its own", () => {
    const files = NAMES.flatMap((name) => {
      const found = publishedDataset(name)!;
      expect(`${found.url}x`).toMatch(/^https?:\/\/.*\/x$/);
      return found.files;
    });
    for (const { sha256: sum, bytes } of files) {
      expect(sum).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(4000);
    }
    // CIFAR-10's two splits are in one archive.
    expect(new Set(files.map((file) => file.sha256)).size).toBe(files.length - 1);
    expect([...CATALOG.keys()]).toEqual(NAMES);
  });

  test.each(["mnist:train:test", "mnist2", "MNIST", "./mnist", "constructor"])("%s is none", (name) => {
    expect(publishedDataset(name)).toBeUndefined();
  });

  test.each([
    ["mnist:valid", "mnist or mnist:test"],
    ["binarized-mnist:train", "binarized-mnist or binarized-mnist:valid or binarized-mnist:test"],
    ["cifar10:", "cifar10 or cifar10:test"],
    ["cifar10:constructor", "cifar10 or cifar10:test"],
  ])("%s is not there, but others are", (name, others) => {
    expect(() => publishedDataset(name)).toThrow(`no data set "${name}": expected ${others}`);
  });
});

describe("a published data set", () => {
  test("is downloaded once, with its labels", async () => {
    const { one, served } = small("mnist:test", [IMAGES, LABELS]);
    const server = await serveFiles(served);
    const { settings, events } = quickSettings({ cache: await temporaryFolder(), mirror: server.url });
    for (let time = 0; time < 2; time++) {
      const dataset = await openPublished(one, { download: settings });
      expect(dataset).toMatchObject({
        name: "mnist:test",
        count: 2,
        size: { channels: 1, rows: 1, cols: 3 },
        levels: 256,
        labels: Int32Array.of(9, 0),
        classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
      });
      expect([...(await dataset.read([0, 1]))]).toEqual([0, 128, 255, 1, 2, 3]);
    }
    expect(server.requests).toEqual([
      "GET /mnist/t10k-images-idx3-ubyte.gz",
      "GET /mnist/t10k-labels-idx1-ubyte.gz",
    ]);
    expect(events.filter(({ kind }) => kind === "start")).toHaveLength(2);
    const two = await openPublished(one, { levels: 2, labels: false, download: settings });
    expect(two).toMatchObject({ levels: 2, labels: undefined, classNames: undefined });
  });

  test("comes from its publisher where there is no mirror", async () => {
    const { one, served } = small("mnist", [IMAGES, LABELS]);
    const server = await serveFiles(served);
    const { settings } = quickSettings({ cache: await temporaryFolder() });
    expect((await openPublished({ ...one, url: `${server.url}/mnist/` }, { download: settings })).count).toBe(
      2,
    );
  });

  test("fashion-mnist has the names of its classes", async () => {
    const { one, served } = small("fashion-mnist", [IMAGES, LABELS]);
    const { url: mirror } = await serveFiles(served);
    const { settings } = quickSettings({ cache: await temporaryFolder(), mirror });
    const { classNames, labels } = await openPublished(one, { download: settings });
    expect([...labels!].map((label) => classNames![label])).toEqual(["Ankle boot", "T-shirt/top"]);
  });

  test("binarized-mnist has two levels, unless more are asked for", async () => {
    const line = `${Array.from({ length: 784 }, (_, i) => (i % 3 === 0 ? 1 : 0)).join(" ")}\n`;
    const { one, served } = small("binarized-mnist:valid", [Buffer.from(line.repeat(3))]);
    const { url: mirror } = await serveFiles(served);
    const { settings } = quickSettings({ cache: await temporaryFolder(), mirror });
    const dataset = await openPublished(one, { download: settings });
    expect(dataset).toMatchObject({
      count: 3,
      levels: 2,
      size: { channels: 1, rows: 28, cols: 28 },
      labels: undefined,
    });
    expect([...(await dataset.read([2])).subarray(0, 4)]).toEqual([1, 0, 0, 1]);
    expect((await openPublished(one, { levels: 256, download: settings })).levels).toBe(256);
  });

  test.each([
    ["cifar10", [1, 2, 3, 4, 5], "automobile"],
    ["cifar10:test", [9], "truck"],
  ] as const)("%s is read out of its archive", async (name, labels, first) => {
    const batch = (label: number) =>
      Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : label + 10));
    const archive = tarArchive({
      "cifar-10-batches-bin/batches.meta.txt": Buffer.from("text"),
      ...Object.fromEntries(
        [1, 5, 3, 2, 4].map((n) => [`cifar-10-batches-bin/data_batch_${n}.bin`, batch(n)]),
      ),
      "cifar-10-batches-bin/test_batch.bin": batch(9),
    });
    const { one, served } = small(name, [gzipSync(archive)]);
    const { url: mirror } = await serveFiles(served);
    const { settings } = quickSettings({ cache: await temporaryFolder(), mirror });
    const dataset = await openPublished(one, { download: settings });
    expect(dataset).toMatchObject({
      name,
      size: { channels: 3, rows: 32, cols: 32 },
      labels: Int32Array.from(labels),
    });
    expect(dataset.classNames![dataset.labels![0]!]).toBe(first);
    expect((await dataset.read([0]))[3071]).toBe(labels[0] + 10);
    expect((await openPublished(one, { gray: true, download: settings })).size.channels).toBe(1);
  });

  test("an archive without the pictures is refused", async () => {
    const { one, served } = small("cifar10", [gzipSync(tarArchive({ "readme.html": Buffer.from("text") }))]);
    const { url: mirror } = await serveFiles(served);
    const { settings } = quickSettings({ cache: await temporaryFolder(), mirror });
    await expect(openPublished(one, { download: settings })).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringMatching(
        /expected an archive with .*data_batch_1\.bin in it, received readme\.html$/,
      ),
    });
  });
});

describe("files that somebody put into the cache", () => {
  test("are as good as downloaded ones", async () => {
    const { one } = small("mnist", [IMAGES, LABELS]);
    const cache = await temporaryFolder({
      "mnist/train-images-idx3-ubyte.gz": IMAGES,
      "mnist/train-labels-idx1-ubyte.gz": LABELS,
    });
    const { settings, events } = quickSettings({ cache, mirror: "http://127.0.0.1:9" });
    expect((await openPublished(one, { download: settings })).count).toBe(2);
    expect(events).toEqual([]);
  });

  test("are refused if they are other ones, and left alone", async () => {
    const { one, served } = small("mnist", [IMAGES, LABELS]);
    const { url: mirror } = await serveFiles(served);
    const other = IMAGES.map((byte, i) => (i === 30 ? byte ^ 1 : byte));
    const cache = await temporaryFolder({ "mnist/train-images-idx3-ubyte.gz": other });
    const { settings } = quickSettings({ cache, mirror });
    const file = join(cache, "mnist/train-images-idx3-ubyte.gz");
    await expect(openPublished(one, { download: settings })).rejects.toMatchObject({
      code: "FORMAT",
      message:
        `expected SHA-256 ${sha256(IMAGES)} for ${file}, received ${sha256(other)}; ` +
        `delete it to have it downloaded from ${mirror}/mnist/train-images-idx3-ubyte.gz`,
    });
    expect((await readFile(file)).equals(other)).toBe(true);
    await writeFile(file, "short");
    await expect(openPublished(one, { download: settings })).rejects.toThrow(
      `expected ${IMAGES.length} bytes for ${file}`,
    );
  });

  test("are asked for by name where there is no network", async () => {
    const cache = await temporaryFolder();
    const fetching = { cache, mirror: "http://127.0.0.1:9" };
    await expect(openDataset("mnist", { download: fetching })).rejects.toMatchObject({
      code: "DOWNLOAD",
      message: expect.stringMatching(
        /^cannot download http:\/\/127\.0\.0\.1:9\/mnist\/train-images-idx3-ubyte\.gz \(/,
      ),
    });
    await expect(openDataset("mnist", { download: fetching })).rejects.toThrow(
      `; where there is no network, put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz into ${join(cache, "mnist")} by hand`,
    );
    expect(await readdir(join(cache, "mnist"))).toEqual([]);
  });
});

// The same pictures in another format, where a developer has them: the text of the published file is made from them.
const SHARED = join(
  import.meta.dirname,
  "../../../../shared/data/binarized-mnist-valid-images-idx3-ubyte.gz",
);
test.skipIf(!existsSync(SHARED))("binarized-mnist:valid is the published file", async () => {
  const values = gunzipSync(await readFile(SHARED)).subarray(16);
  const text = Buffer.alloc(2 * values.length, " ");
  for (let i = 0; i < values.length; i++) {
    text[2 * i] = values[i] === 0 ? 0x30 : 0x31;
    if (i % 784 === 783) text[2 * i + 1] = 0x0a;
  }
  const cache = await temporaryFolder({ "binarized-mnist/binarized_mnist_valid.amat": text });
  const dataset = await openDataset("binarized-mnist:valid", {
    download: { cache, mirror: "http://127.0.0.1:9" },
  });
  expect(dataset).toMatchObject({ count: 10_000, levels: 2 });
  const picture = await dataset.read([9999]);
  expect([...picture]).toEqual([...values.subarray(-784)].map((value) => +(value > 0)));
});

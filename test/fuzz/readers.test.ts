import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseYaml } from "../../src/cli/yaml.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { openAmat } from "../../src/data/formats/amat.ts";
import { openCifar10 } from "../../src/data/formats/cifar10.ts";
import { openIdx } from "../../src/data/formats/idx.ts";
import { metadataLabels } from "../../src/data/formats/metadata.ts";
import { openNpy } from "../../src/data/formats/npy.ts";
import { tarEntries } from "../../src/data/formats/tar.ts";
import { readEntry, zipEntries } from "../../src/data/formats/zip.ts";
import { hubListing } from "../../src/data/hub/listing.ts";
import { autoregressive } from "../../src/families/autoregressive.ts";
import { familyNamed } from "../../src/families/by-name.ts";
import { fetchSettings } from "../../src/fetch/settings.ts";
import { parseJson } from "../../src/files/json.ts";
import { memoryAccess } from "../../src/files/random-access.ts";
import { NETWORK } from "../../src/programs/network.ts";
import { initialState } from "../../src/programs/training-state.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/run/checkpoint.ts";
import { saveBestCheckpoint } from "../../src/run/checkpoints.ts";
import { truncateMetrics } from "../../src/run/metrics.ts";
import { writeConfig } from "../../src/run/run-folder.ts";
import { encodeSafetensors } from "../../src/run/safetensors.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { fromCheckpoint, toCheckpoint } from "../../src/run/training-state.ts";
import { decodePart, encodePart, type PartFile } from "../../src/tasks/part-file.ts";
import { npyFile } from "../data/formats/npy-file.ts";
import { tarArchive } from "../data/formats/tar-archive.ts";
import { zipArchive } from "../data/formats/zip-archive.ts";
import { filesOf, treeOf } from "../data/hub/hub-server.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { serve } from "../fetch/server.ts";
import { TINY_CONFIG, TINY_VAE_CONFIG } from "../run/tiny-config.ts";
import { fuzz, readOrRefused, type Tally } from "./mutations.ts";

let folder: string;
let usedBefore: number;
beforeAll(async () => {
  folder = await temporaryFolder();
  usedBefore = process.resourceUsage().maxRSS;
});
// The files are small, whatever sizes they claim to have.
afterAll(() => expect((process.resourceUsage().maxRSS - usedBefore) / 1024).toBeLessThan(768));

const expectBoth = ({ read, refused }: Tally) => {
  expect(read).toBeGreaterThan(5);
  expect(refused).toBeGreaterThan(5);
};

/** All pictures of a data set. */
const pixelsOf = (dataset: Dataset) => dataset.read(Array.from({ length: dataset.count }, (_, i) => i));

/** What is in a file that may be gzipped. */
const plain = (bytes: Uint8Array) => (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes);

const equal = (a: Uint8Array, b: Uint8Array): void => {
  if (Buffer.compare(a, b) !== 0) throw new Error(`${a.length} bytes are not the ${b.length} of the file`);
};

const { parts } = autoregressive.trainable(TINY_CONFIG.network, 1, TINY_CONFIG.training);
const state = initialState(parts, 1);
const checkpoint = toCheckpoint(state, parts);
const { declarations } = parts[0]!;

describe("of mutated files none is read but rightly", () => {
  test("checkpoints", async () => {
    const file = "some/step.safetensors";
    const valid = encodeCheckpoint(checkpoint);
    // As runs had them before there were checksums: more damage is read, and is to be read rightly.
    const old = encodeSafetensors(checkpoint.tensors, { ...checkpoint.metadata, step: "0" });
    const tally = await fuzz({ seed: 1, runs: 2500 }, async (mutate, isOld) => {
      const bytes = mutate(isOld ? old : valid);
      const read = await readOrRefused(file, () => decodeCheckpoint(bytes, file));
      if (read === undefined) return undefined;
      const start = 8 + Number(Buffer.from(bytes).readBigUInt64LE(0));
      const { ["__metadata__"]: metadata, ...header } = JSON.parse(
        Buffer.from(bytes.subarray(8, start)).toString(),
      );
      expect(String(read.step)).toBe(metadata.step);
      expect(read.step).toBeGreaterThanOrEqual(0);
      let total = 0;
      for (const [name, { shape, data }] of read.tensors) {
        const {
          dtype,
          shape: written,
          data_offsets: [from, to],
        } = header[name];
        expect([dtype, shape]).toEqual(["F32", written]);
        equal(new Uint8Array(data.buffer), bytes.subarray(start + from, start + to));
        total += data.byteLength;
      }
      expect(total).toBe(bytes.length - start);
      // Whatever else was changed, the checksum tells.
      if (metadata.crc32c !== undefined) {
        expect(read).toEqual(decodeCheckpoint(valid, file));
      }
      // Of those that can be read, those are refused that are not of this network, or no numbers.
      const found = await readOrRefused(file, () => fromCheckpoint(read, parts));
      if (found === undefined) return undefined;
      for (const values of Object.values(found.parts[NETWORK]!)) {
        expect(values.length).toBe(
          declarations.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0),
        );
        expect(values.every(Number.isFinite)).toBe(true);
      }
      return found;
    });
    expectBoth(tally);
  });

  test("IDX files, and the labels beside them", async () => {
    const images = Buffer.alloc(16 + 24);
    [0x803, 2, 3, 4].forEach((word, i) => images.writeUInt32BE(word, 4 * i));
    for (let i = 0; i < 24; i++) images[16 + i] = 10 * i;
    const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 3, 1]);
    const [imageFile, labelFile] = [join(folder, "x-images-idx3"), join(folder, "x-labels-idx1")];
    let run = 0;
    const tally = await fuzz({ seed: 2, runs: 1600 }, async (mutate, isOfLabels) => {
      const packing = run++ % 3;
      // Damage inside a gzip file, and damage to it.
      const damaged = (bytes: Uint8Array) =>
        packing === 0 ? mutate(bytes) : packing === 1 ? gzipSync(mutate(bytes)) : mutate(gzipSync(bytes));
      const written = [isOfLabels ? images : damaged(images), isOfLabels ? damaged(labels) : labels] as const;
      await writeFile(imageFile, written[0]);
      await writeFile(labelFile, written[1]);
      const dataset = await readOrRefused(isOfLabels ? labelFile : imageFile, () => openIdx(imageFile));
      if (dataset === undefined) return undefined;
      const [a, b] = [Buffer.from(plain(written[0])), Buffer.from(plain(written[1]))];
      const { count, size } = dataset;
      expect([0x803, count, size.rows, size.cols]).toEqual([0, 4, 8, 12].map((at) => a.readUInt32BE(at)));
      expect([0x801, count]).toEqual([0, 4].map((at) => b.readUInt32BE(at)));
      equal(await pixelsOf(dataset), a.subarray(16));
      expect([...dataset.labels!]).toEqual([...b.subarray(8)]);
      return dataset;
    });
    expectBoth(tally);
  });

  test("CIFAR-10's files, and the names beside them", async () => {
    const record = (label: number) => Buffer.concat([Buffer.of(label), Buffer.alloc(3072, 7 * label)]);
    const records = Buffer.concat([record(3), record(9)]);
    const names = Buffer.from(`${Array.from("abcdefghij").join("\n")}\n\n`);
    const [file, nameFile] = [join(folder, "data_batch_1.bin"), join(folder, "batches.meta.txt")];
    let run = 0;
    const tally = await fuzz({ seed: 3, runs: 900 }, async (mutate, isOfNames) => {
      const bytes = isOfNames ? records : run++ % 2 ? mutate(records) : mutate(gzipSync(records));
      await writeFile(file, bytes);
      const text = isOfNames ? mutate(names) : names;
      await writeFile(nameFile, text);
      const dataset = await readOrRefused(isOfNames ? nameFile : file, () => openCifar10([file], {}));
      if (dataset === undefined) return undefined;
      const content = plain(bytes);
      expect(dataset.count * 3073).toBe(content.length);
      const rows = Array.from({ length: dataset.count }, (_, i) =>
        content.subarray(i * 3073, (i + 1) * 3073),
      );
      equal(await pixelsOf(dataset), Buffer.concat(rows.map((row) => row.subarray(1))));
      expect([...dataset.labels!]).toEqual(rows.map((row) => row[0]));
      expect(new Set(dataset.classNames).size).toBe(10);
      for (const name of dataset.classNames!) expect(Buffer.from(text).toString()).toContain(name);
      return dataset;
    });
    expectBoth(tally);
  });

  test("parts of a work", async () => {
    const file = "some.part-1-of-2";
    const part: PartFile = {
      about: { task: "score", seed: 3 },
      part: { index: 1, of: 2 },
      total: 7,
      first: 0,
      count: 3,
      correct: 2,
      arrays: { nats: Float64Array.of(1, 2, 3), levels: Uint8Array.of(9, 8, 7, 6, 5, 4) },
    };
    const valid = encodePart(part);
    // With the hash of what it has become, more damage is read.
    const sealed = (bytes: Uint8Array) => {
      const body = bytes.subarray(40);
      return Buffer.concat([valid.subarray(0, 8), createHash("sha256").update(body).digest(), body]);
    };
    const tally = await fuzz({ seed: 21, runs: 1500 }, async (mutate, isSealed) => {
      const bytes = mutate(valid);
      const read = await readOrRefused(file, () => decodePart(isSealed ? sealed(bytes) : bytes, file));
      if (read === undefined) return undefined;
      if (!isSealed) expect(read).toEqual(part);
      for (const values of Object.values(read.arrays)) expect(values.length % read.count).toBe(0);
      // What was read is all that there is.
      const header = Buffer.from(bytes).readUInt32LE(40);
      const sizes = Object.values(read.arrays).map(({ byteLength }) => byteLength);
      expect(sizes.reduce((sum, size) => sum + size, 44 + header)).toBe(bytes.length);
      return read;
    });
    expectBoth(tally);
  });

  test(".amat files", async () => {
    const file = join(folder, "x.amat");
    const valid = Buffer.from("0 1 0 0 0 1\n1 1 1 0 0 0\n0 0 0 0 0 0\n");
    const tally = await fuzz({ seed: 4, runs: 700 }, async (mutate) => {
      const bytes = mutate(valid);
      await writeFile(file, bytes);
      const dataset = await readOrRefused(file, () => openAmat(file, { rows: 2, cols: 3 }, 2));
      if (dataset === undefined) return undefined;
      const text = Buffer.from(bytes).toString();
      expect(text).toMatch(/^([01]( [01]){5}\n)+$/);
      expect([...(await pixelsOf(dataset))].join("")).toBe(text.replaceAll(/\s/g, ""));
      return dataset;
    });
    expectBoth(tally);
  });

  test("NumPy arrays, and the labels beside them", async () => {
    const [file, labelFile] = [join(folder, "x.npy"), join(folder, "y.npy")];
    const pictures = npyFile(
      [2, 20, 20],
      Array.from({ length: 800 }, (_, i) => i % 256),
    );
    const labels = npyFile([2], [3, 1], { descr: "<i8" });
    /** A header that says what the values are, and the values. */
    const parts = (bytes: Uint8Array) => {
      const start = 10 + Buffer.from(bytes).readUInt16LE(8);
      return {
        header: Buffer.from(bytes.subarray(0, start)).toString("latin1"),
        values: bytes.subarray(start),
      };
    };
    const tally = await fuzz({ seed: 14, runs: 400 }, async (mutate, isOfLabels) => {
      const [own, beside] = isOfLabels ? [pictures, mutate(labels)] : [mutate(pictures), labels];
      await writeFile(file, own);
      await writeFile(labelFile, beside);
      const dataset = await readOrRefused(isOfLabels ? labelFile : file, () => openNpy(file));
      if (dataset === undefined) return undefined;
      const [a, b] = [parts(own), parts(beside)];
      const { rows, cols, channels } = dataset.size;
      expect(a.header).toMatch(new RegExp(`shape.*\\b0*${dataset.count}\\b`));
      expect(dataset.count * rows * cols * channels).toBe(a.values.length);
      if (/u1/.test(a.header)) {
        expect((await pixelsOf(dataset)).sort()).toEqual(Uint8Array.from(a.values).sort());
      }
      expect(b.values.length % dataset.count).toBe(0);
      expect(dataset.labels!.every((label) => label >= 0)).toBe(true);
      if (!isOfLabels) expect([...dataset.labels!]).toEqual([3, 1]);
      return dataset;
    });
    expectBoth(tally);
  });

  test("the labels of pictures, as CSV and as JSON", async () => {
    const paths = ["0.png", "a/1.png", "a/2.png"];
    const csv = Buffer.from(
      'label,file_name,text\n"a ""cat""",0.png,\ndog,a/1.png,"two\nlines"\ncat,./a/2.png,\n',
    );
    const json = Buffer.from(
      paths.map((path, i) => `{"file_name":"${path}","label":${i < 2 ? `"dog ${i}"` : i}}\n`).join(""),
    );
    const tally = await fuzz({ seed: 17, runs: 700 }, async (mutate, isJson) => {
      const name = isJson ? "metadata.jsonl" : "metadata.csv";
      const bytes = mutate(isJson ? json : csv);
      const tree = {
        name: "some",
        paths: [...paths, name],
        nameOf: (path: string) => path,
        read: async () => bytes,
      };
      const labels = await readOrRefused(name, () => metadataLabels(tree, "", paths));
      if (labels === undefined) return undefined;
      expect([...labels.keys()].sort()).toEqual(paths);
      const text = Buffer.from(bytes).toString();
      const written = isJson
        ? JSON.stringify(
            text
              .split("\n")
              .filter(Boolean)
              .map((line) => JSON.parse(line)),
          )
        : text;
      for (const label of labels.values()) {
        const own = isJson ? JSON.stringify(label) : label.replaceAll('"', '""');
        expect(written.includes(own) || written.includes(`:${label}`)).toBe(true);
      }
      return labels;
    });
    expectBoth(tally);
  });

  test("ZIP archives", async () => {
    const file = "some.zip";
    const content = {
      "a.bin": Buffer.alloc(700, 1),
      "b.bin": Buffer.from("some text"),
      empty: Buffer.alloc(0),
    };
    const archives = [{}, { isPacked: false }, { is64: true }].map((packing) => zipArchive(content, packing));
    const originals = Object.values(content).map((bytes) => bytes.toString("hex"));
    let run = 0;
    const tally = await fuzz({ seed: 15, runs: 900 }, async (mutate) => {
      const archive = memoryAccess(mutate(archives[run++ % archives.length]!));
      const entries = await readOrRefused(file, () => zipEntries(archive, file));
      if (entries === undefined) return undefined;
      let isRead = true;
      for (const entry of entries.values()) {
        const read = await readOrRefused(file, () => readEntry(archive, entry, file, 2 ** 20));
        if (read) expect(originals).toContain(Buffer.from(read).toString("hex"));
        isRead &&= read !== undefined;
      }
      return isRead || undefined;
    });
    expectBoth(tally);
  });

  test("tar archives", async () => {
    const file = "some.tar";
    const content = { "a.bin": Buffer.alloc(700, 1), "b.bin": Buffer.alloc(512, 2), empty: Buffer.alloc(0) };
    const valid = tarArchive(content);
    const tally = await fuzz({ seed: 5, runs: 900 }, async (mutate) => {
      const bytes = Buffer.from(mutate(valid));
      const files = await readOrRefused(file, () => tarEntries(memoryAccess(bytes), file));
      for (const [name, { start, size }] of files ?? []) {
        expect(start % 512).toBe(0);
        const header = bytes.subarray(start - 512, start);
        expect(header.subarray(0, 100).toString()).toContain(name);
        expect(size).toBe(Number.parseInt(header.toString("latin1", 124, 136).trim(), 8));
        expect(start + size).toBeLessThanOrEqual(bytes.length);
      }
      return files;
    });
    expectBoth(tally);
  });

  test.each([
    { config: TINY_CONFIG, runs: 700 },
    { config: TINY_VAE_CONFIG, runs: 500 },
  ])(
    "the configuration of a run of the family $config.family, beside its checkpoint",
    async ({ config, runs }) => {
      const run = join(folder, `run-${config.family}`);
      await mkdir(join(run, "checkpoints"), { recursive: true });
      const family = familyNamed(config.family);
      const { parts } = family.trainable(config.network, 1, config.training);
      await saveBestCheckpoint(run, toCheckpoint(initialState(parts, 1), parts));
      await writeConfig(run, config);
      const valid = Buffer.from(JSON.stringify(config, null, 2));
      const tally = await fuzz({ seed: 6, runs }, async (mutate) => {
        const bytes = mutate(valid);
        await writeFile(join(run, "config.json"), bytes);
        const model = await readOrRefused(run, () => loadSavedModel(run));
        if (model === undefined) return undefined;
        const written = JSON.parse(Buffer.from(bytes).toString());
        expect(model.config).toEqual(written.network);
        expect(model.data).toEqual(written.data);
        const wanted = family.evaluation(model.config, 1).parts[0]!.declarations;
        expect(wanted.map(({ name, shape }) => [name, shape])).toEqual(
          parts[0]!.declarations.map(({ name, shape }) => [name, shape]),
        );
        return model;
      });
      expectBoth(tally);
    },
  );

  test("JSON and YAML", async () => {
    const recipe = {
      dataset: "digits",
      steps: 1000,
      lr: 0.001,
      gray: true,
      list: [1, "a", null],
      deep: { x: { y: "z" } },
    };
    const json = Buffer.from(JSON.stringify(recipe, null, 1));
    const yaml = Buffer.from(
      'dataset: digits\nsteps: 1000 # many\nlr: 1e-3\nlist: [1, "a", ~]\ndeep:\n  x:\n    - y\n    - z: 0x1F\n',
    );
    const file = "some/recipe";
    const tally = await fuzz({ seed: 7, runs: 1300 }, async (mutate, isJson) => {
      const bytes = mutate(isJson ? json : yaml);
      const read = await readOrRefused(file, () => (isJson ? parseJson : parseYaml)(bytes, file));
      if (read === undefined) return undefined;
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      const names = isJson ? undefined : ({ version: "1.2", schema: "core", logLevel: "silent" } as const);
      expect(JSON.stringify(read)).toBe(JSON.stringify(names ? parse(text, names) : JSON.parse(text)));
      return read;
    });
    expectBoth(tally);
  });

  test("metrics of a run that is resumed", async () => {
    const run = join(folder, "metrics");
    await mkdir(run, { recursive: true });
    const file = join(run, "metrics.jsonl");
    const valid = Buffer.from(
      Array.from({ length: 9 }, (_, i) => `{"step":${i + 1},"nats":${i / 7}}\n`).join(""),
    );
    const stepOf = (line: string): unknown => {
      try {
        return JSON.parse(line)?.step;
      } catch {
        return undefined;
      }
    };
    await fuzz({ seed: 8, runs: 600 }, async (mutate) => {
      const bytes = mutate(valid);
      await writeFile(file, bytes);
      await truncateMetrics(run, 5);
      const lines = Buffer.from(bytes).toString().split("\n").slice(0, -1);
      const isKept = (line: string) => typeof stepOf(line) === "number" && (stepOf(line) as number) <= 5;
      const wanted = lines
        .filter((line) => isKept(line) && !line.includes("\uFFFD"))
        .map((line) => `${line}\n`);
      expect((await readFile(file)).toString()).toBe(wanted.join(""));
      return wanted;
    });
  });

  test("listings of the Hub", async () => {
    const tables = {
      default: { train: [{ content: Buffer.from("some") }, { content: Buffer.from("more") }] },
    };
    let mutate = (bytes: Uint8Array): Uint8Array => bytes;
    let valid: string;
    const { url: hub } = await serve((request, response) => {
      const tree = JSON.stringify(treeOf(filesOf(tables), request.url!));
      response.end(request.url!.endsWith("/train") ? mutate(Buffer.from((valid = tree))) : tree);
    });
    const settings = fetchSettings({ hub, retryDelay: 1 }, {});
    const tally = await fuzz({ seed: 9, runs: 300 }, async (mutation) => {
      mutate = mutation;
      const read = await readOrRefused(hub, () => hubListing("hf:me/tiny", settings));
      for (const { path, url, bytes } of read ?? []) {
        expect(path).toMatch(/^000\d.parquet$/);
        expect(
          url.startsWith(`${hub}/datasets/me/tiny/resolve/refs%2Fconvert%2Fparquet/default/train/`),
        ).toBe(true);
        expect(Number.isSafeInteger(bytes)).toBe(true);
      }
      return read;
    });
    expect(JSON.parse(valid!)).toHaveLength(2);
    expectBoth(tally);
  });
});

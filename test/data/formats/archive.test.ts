import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openDataset, validationOf, type OpenOptions } from "../../../src/data/open.ts";
import { pngFile } from "../../cli/picture-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { tarArchive } from "./tar-archive.ts";
import { zipArchive } from "./zip-archive.ts";

const pictures = await Promise.all([0, 1, 2, 3].map((seed) => pngFile(seed, 5, 4)));
const classes = {
  "cat/0.png": pictures[0]!,
  "dog/1.png": pictures[1]!,
  "dog/more/2.png": pictures[2]!,
};

type Files = Readonly<Record<string, Uint8Array>>;

const KINDS: readonly (readonly [ending: string, pack: (files: Files) => Uint8Array])[] = [
  [".zip", (files) => zipArchive(files)],
  [".ZIP", (files) => zipArchive(files, { isPacked: false, is64: true })],
  [".tar", tarArchive],
  [".tar.gz", (files) => gzipSync(tarArchive(files))],
  [".tgz", (files) => gzipSync(tarArchive(files))],
];

async function archiveOf(ending: string, bytes: Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(), `pets${ending}`);
  await writeFile(file, bytes);
  return file;
}

/** All that there is to know of a data set. */
async function contentOf(name: string, options: OpenOptions = {}) {
  const warnings: string[] = [];
  const dataset = await openDataset(name, {
    ...options,
    onWarning: (warning) => void warnings.push(warning),
  });
  const { count, size, labels, classNames } = dataset;
  const pixels = await dataset.read(Array.from({ length: count }, (_, i) => i));
  return { count, size, labels, classNames, pixels, warnings };
}

const onDisk = { memory: 0 };

describe.each(KINDS)("an archive %s of pictures", (ending, pack) => {
  test("is what the folder is that it was made of", async () => {
    const folder = await temporaryFolder(classes);
    const file = await archiveOf(ending, pack(classes));
    for (const options of [
      {},
      onDisk,
      { gray: true, resize: { rows: 3, cols: 3 } },
      { crop: { rows: 2, cols: 2 } },
    ])
      expect(await contentOf(file, options)).toEqual(await contentOf(folder, options));
  });

  test("may have a folder around all, hidden files, and others", async () => {
    const around = Object.fromEntries(
      Object.entries(classes).map(([path, bytes]) => [`./all/pets/${path}`, bytes]),
    );
    const more = {
      "__MACOSX/._0.png": Buffer.of(1),
      "all/.x.png": Buffer.of(1),
      "all/readme.txt": Buffer.of(1),
    };
    const file = await archiveOf(ending, pack({ ...around, ...more }));
    expect(await contentOf(file)).toEqual(await contentOf(await temporaryFolder(classes)));
  });

  test("may be divided", async () => {
    const divided = {
      "a/test/0.png": pictures[0]!,
      "a/train/1.png": pictures[1]!,
      "a/valid/2.png": pictures[2]!,
    };
    const file = await archiveOf(ending, pack(divided));
    const alone = async (path: string) =>
      (await contentOf(join(await temporaryFolder(divided), path))).pixels;
    const { pixels, warnings } = await contentOf(file);
    expect(pixels).toEqual(await alone("a/train"));
    expect(warnings).toEqual([
      `${file}: it is divided: these are the pictures of train; the others are ${file}:valid, ${file}:test`,
    ]);
    expect((await contentOf(`${file}:test`)).pixels).toEqual(await alone("a/test"));
    expect(await validationOf(file)).toBe(`${file}:valid`);
    expect(await validationOf(`${file}:test`)).toBeUndefined();
  });

  test("has bad files named with their place", async () => {
    const file = await archiveOf(ending, pack({ ...classes, "cat/bad.png": Buffer.from("no picture") }));
    const reason = "expected PNG, JPEG, WebP, GIF, TIFF or AVIF, received something else";
    const message = `${file}: cat/bad.png: cannot decode this picture (${reason})`;
    await expect(openDataset(file)).rejects.toMatchObject({ code: "FORMAT", message, about: ["skipBad"] });
    const good = await contentOf(file, { skipBad: true });
    expect(good).toEqual({
      ...(await contentOf(await temporaryFolder(classes))),
      warnings: [`${message}; left out`],
    });
  });

  test("is refused if there is no picture in it", async () => {
    const file = await archiveOf(ending, pack({ "a.txt": Buffer.of(1) }));
    await expect(openDataset(file)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `${file}: no PNG, JPEG, WebP, GIF, TIFF or AVIF picture in it`,
    });
  });

  test("is refused if it is cut off", async () => {
    const bytes = pack(classes);
    const file = await archiveOf(ending, bytes.subarray(0, bytes.length >> 1));
    await expect(openDataset(file)).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining(file),
    });
  });
});

describe("of a ZIP archive", () => {
  const file = (bytes: Uint8Array) => archiveOf(".zip", bytes);
  const one = { "cat/0.png": pictures[0]! };

  test("a file that is damaged is named, whatever the decoder would make of it", async () => {
    const bytes = zipArchive({ ...one, "a/text.png": Buffer.from("some text") }, { isPacked: false });
    bytes[bytes.indexOf("some text")]! ^= 1;
    const name = await file(bytes);
    await expect(openDataset(name)).rejects.toMatchObject({
      code: "FORMAT",
      message: `${name}: a/text.png: cannot decode this picture (expected content that fits its checksum, received other content)`,
    });
  });

  test.each([
    [
      "encrypted",
      zipArchive(one, { flags: 1 }),
      "expected a file that is not encrypted, received one that is",
    ],
    ["packed in another way", method(zipArchive(one), 93), "received compression method 93"],
    ["larger than it says", size(zipArchive(one), 10), "expected 10 bytes, received more"],
    [
      "larger than may be",
      size(zipArchive(one), 2 ** 30),
      "expected at most 536870912 bytes, received 1073741824",
    ],
  ])("a file that is %s is refused", async (_, bytes, reason) => {
    const name = await file(bytes);
    await expect(openDataset(name)).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining(`${name}: cat/0.png: cannot decode this picture (`),
    });
    await expect(openDataset(name)).rejects.toThrow(reason);
  });

  /** The archive's only central header with another number. */
  function method(archive: Buffer, value: number): Buffer {
    archive.writeUInt16LE(value, archive.indexOf("PK\x01\x02", 0, "latin1") + 10);
    return archive;
  }
  function size(archive: Buffer, value: number): Buffer {
    archive.writeUInt32LE(value, archive.indexOf("PK\x01\x02", 0, "latin1") + 24);
    return archive;
  }
});

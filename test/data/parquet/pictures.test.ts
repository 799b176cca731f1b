import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/data/formats/folder.ts";
import { unpackPictures } from "../../../src/data/parquet/pictures.ts";
import { CLASS_NAMES } from "../../../src/data/parquet/unpack.ts";
import { png, table } from "../hub/hub-server.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const CLASSES = ["T - shirt / top", "dog"];

describe("Parquet files", () => {
  const unpack = async (bytes: Uint8Array) => {
    const folder = await temporaryFolder({ "x.parquet": bytes, "to/x": "" });
    await unpackPictures([join(folder, "x.parquet")], join(folder, "to"), () => undefined);
    return (await readdir(join(folder, "to"), { recursive: true })).sort();
  };

  test("keep the formats and the classes of their pictures", async () => {
    const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
    const webp = Buffer.from("RIFF1234WEBPVP8 ");
    const classNames = ["a/b", "A:B", ".hidden"];
    expect(await unpack(table([await png(1), jpeg, webp], { labels: [0, 2, 1], classNames }))).toEqual([
      ".nextpixel-classes.json",
      "00000000",
      "00000000/00000000.png",
      "00000001",
      "00000001/00000002.webp",
      "00000002",
      "00000002/00000001.jpg",
      "x",
    ]);
  });

  test("keep the names of classes, whatever they are", async () => {
    const picture = await png(1);
    const some = [
      "猫",
      "T-shirt/top",
      "",
      " ",
      "..",
      "a",
      "A",
      "é",
      "e\u0301",
      "\0",
      "__proto__",
      "x".repeat(5000),
    ];
    const name = fc.oneof(fc.string({ unit: "grapheme", maxLength: 300 }), fc.constantFrom(...some));
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(names, async (classNames) => {
        const labels = classNames.map((_, i) => i);
        const bytes = table(
          classNames.map(() => picture),
          { labels, classNames },
        );
        const folder = await temporaryFolder({ "x.parquet": bytes, "to/.x": "" });
        await unpackPictures([join(folder, "x.parquet")], join(folder, "to"), () => undefined);
        const opened = await openFolder(join(folder, "to"));
        const names = JSON.parse(await readFile(join(folder, "to", CLASS_NAMES), "utf8")) as object;
        expect(opened.classNames!.map((own) => new Map(Object.entries(names)).get(own))).toEqual(classNames);
        expect([...opened.labels!]).toEqual(labels);
      }),
      { seed: 12, numRuns: 40 },
    );
  });

  test.each([
    [
      "no pictures",
      table([Buffer.from("BM, as a Windows bitmap begins")]),
      'in "image" of row 0, received bytes of something else',
    ],
    ["missing pictures", table([null]), 'in "image" of row 0, received none'],
    [
      "unknown classes",
      table([Buffer.from("\x89PNG", "latin1")], { labels: [2], classNames: CLASSES }),
      "a label from 0 to 1, received 2",
    ],
  ])("with %s are refused", async (_, bytes, message) => {
    await expect(unpack(bytes)).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["something else", Buffer.from("PK, something else")],
    ["their end cut off", table([new Uint8Array(100)]).subarray(0, -9)],
  ])("with %s are refused by the decoder", async (_, bytes) => {
    await expect(unpack(bytes)).rejects.toThrow();
  });

  test("never fail but with an error, however they were damaged", async () => {
    const whole = table([await png(1), await png(2), await png(3)], {
      labels: [0, 1, 0],
      classNames: CLASSES,
    });
    const outcomes = { unpacked: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0, 0, 0, 1, 50),
        async (damage, lost) => {
          const bytes = Uint8Array.from(whole);
          for (const [at, value] of damage) bytes[at] = value;
          try {
            await unpack(bytes.subarray(0, bytes.length - lost));
            outcomes.unpacked++;
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            outcomes.refused++;
          }
        },
      ),
      { seed: 11, numRuns: 200 },
    );
    expect(Math.min(outcomes.unpacked, outcomes.refused)).toBeGreaterThan(20);
  });
});

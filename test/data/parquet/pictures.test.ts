import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NextpixelError } from "../../../src/basics/errors.ts";
import { unpackPictures } from "../../../src/data/parquet/pictures.ts";
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
    expect(await unpack(table([await png(1), jpeg, webp], { labels: [0, 1, 2], classNames }))).toEqual([
      "A_B (2)",
      "A_B (2)/00000001.jpg",
      "_hidden",
      "_hidden/00000002.webp",
      "a_b",
      "a_b/00000000.png",
      "x",
    ]);
  });

  test.each([
    ["no pictures", table([Buffer.from("GIF89a")]), 'in "image" of row 0, received bytes of something else'],
    ["missing pictures", table([null]), 'in "image" of row 0, received none'],
    [
      "unknown classes",
      table([Buffer.from("\x89PNG", "latin1")], { labels: [2], classNames: CLASSES }),
      "a label from 0 to 1, received 2",
    ],
    ["nothing", new Uint8Array(0), "an intact Parquet file"],
    ["something else", Buffer.from("PK, something else"), "an intact Parquet file"],
    ["their end cut off", table([new Uint8Array(100)]).subarray(0, -9), "an intact Parquet file"],
  ])("with %s are refused", async (_, bytes, message) => {
    await expect(unpack(bytes)).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining(message),
    });
  });

  test("never fail but with an error of ours, however they were damaged", async () => {
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
            expect(error).toBeInstanceOf(NextpixelError);
            outcomes.refused++;
          }
        },
      ),
      { seed: 11, numRuns: 200 },
    );
    expect(Math.min(outcomes.unpacked, outcomes.refused)).toBeGreaterThan(20);
  });
});

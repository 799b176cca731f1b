import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NextpixelError } from "../../../src/basics/errors.ts";
import { tarEntries } from "../../../src/data/formats/tar.ts";
import { memoryAccess } from "../../../src/files/random-access.ts";
import { tarArchive } from "./tar-archive.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const FILES = {
  "folder/a.bin": Uint8Array.from({ length: 1000 }, (_, i) => i % 256),
  "folder/b.bin": Uint8Array.from({ length: 512 }, () => 7),
  "folder/empty": new Uint8Array(0),
};

const show = (files: ReadonlyMap<string, Uint8Array>) =>
  [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")]);

const tarFiles = async (archive: Uint8Array, file: string) =>
  new Map(
    [...(await tarEntries(memoryAccess(archive), file))].map(([name, { start, size }]) => [
      name,
      archive.subarray(start, start + size),
    ]),
  );

const wanted = show(new Map(Object.entries(FILES)));

describe("tar archives", () => {
  test("are read as they are written", async () => {
    expect(show(await tarFiles(tarArchive(FILES), "x.tar"))).toEqual(wanted);
  });

  const isTarHere = (() => {
    try {
      return execFileSync("tar", ["--version"], { encoding: "utf8" }).includes("GNU");
    } catch {
      return false;
    }
  })();
  test.skipIf(!isTarHere).each(["gnu", "ustar", "v7"])("of GNU tar's format %s are read", async (format) => {
    const folder = await temporaryFolder(FILES);
    execFileSync("tar", [`--format=${format}`, "--sort=name", "-cf", "x.tar", "folder"], { cwd: folder });
    expect(show(await tarFiles(await readFile(join(folder, "x.tar")), "x.tar"))).toEqual(wanted);
  });

  test.skipIf(!isTarHere).each(["gnu", "ustar", "pax"])("of %s may have long names", async (format) => {
    const name = `${"folder/".repeat(12)}${"é".repeat(30)}-a-name-of-more-than-100-bytes`;
    const folder = await temporaryFolder({ [name]: Uint8Array.of(1, 2), other: Uint8Array.of(3) });
    const names = ["other", name];
    execFileSync("tar", [`--format=${format}`, "-cf", "x.tar", ...names], { cwd: folder });
    const files = await tarFiles(await readFile(join(folder, "x.tar")), "x.tar");
    expect([...files.keys()]).toEqual(names);
    expect(files.get(name)).toEqual(Buffer.of(1, 2));
  });

  const archive = tarArchive(FILES);
  test.each([
    ["empty", new Uint8Array(0), "an end after 0 bytes"],
    ["cut off", archive.subarray(0, 1500), "a file that is larger than what is left, at byte 0"],
    ["cut off between files", archive.subarray(0, 1536), "an end after 1536 bytes"],
    ["damaged", Uint8Array.from(archive).fill(65, 20, 21), "no header at byte 0"],
    // This is no empty record, which would end the archive.
    ["damaged at a name", Uint8Array.from(archive).fill(0, 1536, 1537), "no header at byte 1536"],
  ])("that are %s are refused", async (_, bytes, reason) => {
    await expect(tarFiles(bytes, "x.tar")).rejects.toThrow(
      `x.tar: expected an intact tar archive, received ${reason}`,
    );
  });

  test("never fail but with an error of ours, however they were damaged", async () => {
    const outcomes = { read: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { maxLength: 3 }),
        fc.nat(archive.length),
        fc.boolean(),
        async (damage, length, isCut) => {
          const bytes = Uint8Array.from(isCut ? archive.subarray(0, length) : archive);
          for (const [at, value] of damage) if (at < bytes.length) bytes[at] = value;
          try {
            for (const [, content] of await tarFiles(bytes, "x.tar"))
              expect(content.length).toBeLessThan(bytes.length);
            outcomes.read++;
          } catch (error) {
            expect(error).toBeInstanceOf(NextpixelError);
            outcomes.refused++;
          }
        },
      ),
      { seed: 5, numRuns: 500 },
    );
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(50);
  });
});

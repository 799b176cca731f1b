import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readBounded } from "../../src/files/bounded-read.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a file is read up to its limit, and refused beyond, unread", async () => {
  const file = join(folder, "x");
  await writeFile(file, "12345");
  expect(Buffer.from(await readBounded(file, 5)).toString()).toBe("12345");
  await expect(readBounded(file, 4)).rejects.toMatchObject({
    code: "FORMAT",
    message: `expected at most 4 bytes for ${file}, received 5`,
  });
  // A file with a hole takes no space; reading it would take a terabyte.
  await truncate(file, 2 ** 40);
  await expect(readBounded(file, 2 ** 31)).rejects.toMatchObject({ code: "FORMAT" });
});

test("what has no end or is no file is refused", async () => {
  const inner = join(folder, "inner");
  await mkdir(inner);
  for (const path of [inner, ...(process.platform === "win32" ? [] : ["/dev/zero"])]) {
    await expect(readBounded(path, 100)).rejects.toMatchObject({
      code: "FORMAT",
      message: `expected an ordinary file at ${path}, received something else`,
    });
  }
  await expect(readBounded(join(folder, "missing"), 100)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("an empty file gives nothing", async () => {
  const file = join(folder, "empty");
  await writeFile(file, "");
  expect((await readBounded(file, 0)).length).toBe(0);
});

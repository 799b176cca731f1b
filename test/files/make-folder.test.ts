import { mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { makeFolder } from "../../src/files/make-folder.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

const isFolder = async (path: string) => (await stat(path)).isDirectory();

describe("makeFolder", () => {
  test("makes what is missing, and leaves what is there", async () => {
    const folder = await temporaryFolder({ "a/kept.txt": "kept" });
    for (const path of ["a", "a/b/c/d", "x/y", "猫/кошка", "a/b/", "."]) {
      await makeFolder(join(folder, path));
      expect(await isFolder(join(folder, path))).toBe(true);
    }
    await makeFolder(relative(process.cwd(), join(folder, "from here")));
    expect(await isFolder(join(folder, "from here"))).toBe(true);
    expect((await stat(join(folder, "a/kept.txt"))).size).toBe(4);
    await makeFolder("/");
  });

  test("by many at once", async () => {
    const folder = await temporaryFolder();
    const paths = Array.from({ length: 50 }, (_, i) => join(folder, "a/b/c", String(i % 5), "d"));
    await Promise.all(paths.map(makeFolder));
    for (const path of paths) expect(await isFolder(path)).toBe(true);
    // Those that find the folder above made between two looks at it.
    for (let round = 0; round < 100; round++) {
      const deep = join(folder, String(round), ..."abcdefgh");
      await Promise.all(Array.from({ length: 8 }, (_, i) => makeFolder(join(deep, String(i)))));
    }
  });

  test("follows links to folders", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "real"));
    await symlink("real", join(folder, "link"));
    await makeFolder(join(folder, "link/a"));
    expect(await isFolder(join(folder, "real/a"))).toBe(true);
  });

  test.each([
    ["a file of that name", "file", /^EEXIST/],
    ["a file above it", "file/a/b", /^ENOTDIR/],
    ["a link to nowhere above it", "nowhere/a", /^EEXIST/],
    ["a name that is too long", "a".repeat(300), /^ENAMETOOLONG/],
  ])("says what is in the way: %s", async (_, path, message) => {
    const folder = await temporaryFolder({ file: "" });
    await symlink("missing", join(folder, "nowhere"));
    await writeFile(join(folder, "other"), "");
    await expect(makeFolder(join(folder, path))).rejects.toThrow(message);
  });

  // mkdir's own `recursive` does not return from there in Node 20.
  test.runIf(process.platform === "linux").each(["/proc/none", "/proc/none/a/b", "/proc/self/none/a"])(
    "returns from %s",
    async (path) => {
      await expect(makeFolder(path)).rejects.toThrow(/^ENOENT|^EACCES/);
    },
  );
});

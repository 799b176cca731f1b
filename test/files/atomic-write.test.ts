import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkWritable, isTemporary, writeAtomically } from "../../src/files/atomic-write.ts";

describe("writeAtomically", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nextpixel-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("writes text and bytes, replaces what was there, and leaves no other file", async () => {
    const path = join(folder, "file");
    await writeAtomically(path, "a long first content ä");
    expect(await readFile(path, "utf8")).toBe("a long first content ä");
    await writeAtomically(path, Uint8Array.of(0, 255, 10));
    expect([...(await readFile(path))]).toEqual([0, 255, 10]);
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("several writers at once leave one whole content", async () => {
    const path = join(folder, "file");
    const contents = ["a", "b", "c", "d"].map((letter) => letter.repeat(50_000));
    await Promise.all(contents.map((content) => writeAtomically(path, content)));
    expect(contents).toContain(await readFile(path, "utf8"));
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("a missing folder is a WRITE error that names the path and the reason", async () => {
    const path = join(folder, "missing", "file");
    await expect(writeAtomically(path, "x")).rejects.toMatchObject({
      name: "NextpixelError",
      code: "WRITE",
      message: `cannot write ${path}: no such file or directory (ENOENT)`,
    });
  });

  test("a folder of that name stays, with its content", async () => {
    const path = join(folder, "taken");
    await mkdir(path);
    await writeFile(join(path, "inside"), "old");
    await expect(writeAtomically(path, "x")).rejects.toMatchObject({
      code: "WRITE",
      message: `cannot write ${path}: it is a folder`,
    });
    expect(await readFile(join(path, "inside"), "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  test("a device is not replaced by a file", async () => {
    const path = join(folder, "null");
    await symlink("/dev/null", path);
    await expect(writeAtomically(path, "x")).rejects.toMatchObject({ code: "WRITE" });
    expect(await readFile(path, "utf8")).toBe("");
  });

  test.skipIf(process.platform === "win32")("when the disk refuses, the old file is intact", async () => {
    const path = join(folder, "file");
    await writeFile(path, "old");
    const module = join(import.meta.dirname, "../../src/files/atomic-write.ts");
    const script = `
      import { writeAtomically } from ${JSON.stringify(module)};
      await writeAtomically(${JSON.stringify(path)}, new Uint8Array(100_000)).catch((error) => {
        console.log(error.code + " " + error.message);
      });`;
    // A limit of 8 KiB for each file that the child writes.
    const output = execFileSync(
      "bash",
      [
        "-c",
        `trap '' XFSZ; ulimit -f 8; exec "$0" --import tsx --input-type=module -e "$1"`,
        process.execPath,
        script,
      ],
      { encoding: "utf8", env: { ...process.env, TSX_DISABLE_CACHE: "1" } },
    );
    expect(output.trim()).toBe(`WRITE cannot write ${path}: file too large (EFBIG)`);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["file"]);
  });
});

test("isTemporary knows the names of unfinished files, and no others", () => {
  expect(isTemporary(".nextpixel-0123456789abcdef.tmp")).toBe(true);
  expect(isTemporary("step-00000001.safetensors")).toBe(false);
  expect(isTemporary(".nextpixel-notes.tmp")).toBe(false);
});

describe("checkWritable", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nextpixel-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("leaves nothing behind, and what is there as it is", async () => {
    await writeFile(join(folder, "there"), "kept");
    await checkWritable(join(folder, "there"));
    await checkWritable(join(folder, "new"));
    expect(await readdir(folder)).toEqual(["there"]);
    expect(await readFile(join(folder, "there"), "utf8")).toBe("kept");
  });

  test("refuses what writeAtomically would refuse, with the same error", async () => {
    await writeFile(join(folder, "file"), "");
    for (const path of [
      folder,
      join(folder, "missing", "file"),
      join(folder, "file", "inside"),
      "/dev/null",
    ]) {
      const [checked, written] = await Promise.allSettled([checkWritable(path), writeAtomically(path, "")]);
      expect(checked).toMatchObject({ status: "rejected", reason: { code: "WRITE" } });
      expect(checked).toMatchObject({
        reason: { message: String((written as PromiseRejectedResult).reason.message) },
      });
    }
  });
});

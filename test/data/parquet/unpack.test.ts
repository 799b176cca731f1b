import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { unpackApart } from "../../../src/data/parquet/unpack.ts";
import { png, table } from "../hub/hub-server.ts";
import { temporaryFolder } from "../temporary-folder.ts";

afterEach(() => void vi.unstubAllEnvs());

const pictures = table([await png(10), await png(20), await png(30)]);

test("pictures are unpacked in a process of its own, which tells of its progress", async () => {
  const folder = await temporaryFolder({ "x.parquet": pictures, "out/of-a-process-that-was-killed": "" });
  const told: number[][] = [];
  const onProgress = (...numbers: number[]) => void told.push(numbers);
  await unpackApart([join(folder, "x.parquet")], join(folder, "out"), onProgress);
  expect(told).toEqual([
    [2, 3],
    [3, 3],
  ]);
  expect((await readdir(join(folder, "out"))).sort()).toEqual([
    ".nextpixel-classes.json",
    "00000000.png",
    "00000001.png",
    "00000002.png",
  ]);
});

test("its errors are ours, or those of the file system", async () => {
  const folder = await temporaryFolder({ "x.parquet": pictures, "y.parquet": pictures.subarray(1) });
  const unpack = (file: string, to: string) =>
    unpackApart([join(folder, file)], join(folder, to), () => undefined);
  await expect(unpack("y.parquet", "out")).rejects.toMatchObject({
    name: "NextpixelError",
    code: "FORMAT",
    message: expect.stringContaining(join(folder, "y.parquet")),
  });
  await expect(unpack("missing", "out")).rejects.toMatchObject({ code: "ENOENT", errno: expect.any(Number) });
  await expect(unpack("x.parquet", "x.parquet/out")).rejects.toMatchObject({
    code: "ENOTDIR",
    errno: expect.any(Number),
  });
  expect(await readdir(folder)).toEqual(["x.parquet", "y.parquet"]);
});

test("a file that the decoder goes round in for ever is refused", async () => {
  const bytes = Uint8Array.from(pictures);
  // The header of the first page says that the definition levels take 6 bytes, in a number that now goes on in the next
  // byte.
  expect([...bytes.subarray(21, 23)]).toEqual([0x15, 6]);
  bytes.set([0x80, 0], 22);
  const folder = await temporaryFolder({ "x.parquet": bytes });
  const file = join(folder, "x.parquet");
  await expect(unpackApart([file], join(folder, "out"), () => undefined, 2000)).rejects.toMatchObject({
    code: "FORMAT",
    message: `${file}: expected an intact Parquet file, received data that the decoder never finishes`,
  });
});

test.each([
  ["--require=/nowhere.cjs", "Error: Cannot find module '/nowhere.cjs'"],
  ["--nonsense", "--nonsense is not allowed in NODE_OPTIONS"],
])("what a process says before it breaks down is part of the error: %s", async (options, said) => {
  vi.stubEnv("NODE_OPTIONS", options);
  const folder = await temporaryFolder({ "x.parquet": pictures });
  const unpacking = unpackApart([join(folder, "x.parquet")], join(folder, "out"), () => undefined);
  await expect(unpacking).rejects.toMatchObject({ code: "FORMAT", message: expect.stringContaining(said) });
});

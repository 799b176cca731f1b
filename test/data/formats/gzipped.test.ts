import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readGzipped } from "../../../src/data/formats/gzipped.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("no more is unpacked than is asked for", async () => {
  const bytes = new Uint8Array(2 ** 20).fill(7);
  const folder = await temporaryFolder({ packed: gzipSync(bytes), plain: bytes });
  const packed = await readGzipped(join(folder, "packed"), 2 ** 12);
  expect((await packed.content(bytes.length, "")).length).toBe(bytes.length);
  expect([...(await packed.start()).subarray(0, 3)]).toEqual([7, 7, 7]);
  await expect(packed.content(bytes.length - 1, "more than there should be")).rejects.toMatchObject({
    code: "FORMAT",
    message: `${join(folder, "packed")}: expected intact gzip data, received more than there should be`,
  });
  await expect(readGzipped(join(folder, "plain"), 2 ** 12)).rejects.toThrow("at most 4096 bytes");
});

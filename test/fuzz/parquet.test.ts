import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { unpackApart } from "../../src/data/parquet/unpack.ts";
import { png } from "../data/hub/hub-server.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { fuzz, readOrRefused } from "./mutations.ts";

// Each is read in a process of its own: there are few of them.
test("of mutated Parquet files none is unpacked but rightly", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "x.parquet");
  const pictures = [await png(10), await png(20), await png(30)];
  const valid = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "label", data: [1n, 0n, 1n] },
        { name: "image", data: pictures.map((bytes) => ({ bytes })) },
      ],
      schema: [
        { name: "schema", num_children: 2 },
        { name: "label", type: "INT64", repetition_type: "REQUIRED" },
        { name: "image", num_children: 1, repetition_type: "REQUIRED" },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "REQUIRED" },
      ],
      codec: "UNCOMPRESSED",
      rowGroupSize: 2,
    }),
  );
  const tally = await fuzz({ seed: 21, runs: 60 }, async (mutate) => {
    const bytes = Buffer.from(mutate(valid));
    await writeFile(file, bytes);
    const out = await mkdtemp(join(folder, "out-"));
    let wanted = 0;
    const onProgress = (_: number, of: number) => void (wanted = of);
    const unpacked = await readOrRefused(file, async () => {
      await unpackApart([file], out, onProgress, 2000);
      return (await readdir(out, { recursive: true })).filter((name) => name.endsWith(".png"));
    });
    for (const name of unpacked ?? []) expect(bytes.includes(await readFile(join(out, name)))).toBe(true);
    if (unpacked) expect(unpacked.length).toBe(wanted);
    await rm(out, { recursive: true, force: true });
    return unpacked;
  });
  expect(Math.min(tally.read, tally.refused)).toBeGreaterThan(1);
});

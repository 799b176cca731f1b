// Training on parts of larger pictures: what is learned, scored and completed are crops.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { pngFiles } from "./picture-files.ts";
import { jsonOf, runCli } from "./run-cli.ts";

const TRAIN =
  "train large --out run --crop 6x4 --mirror --levels 4 --steps 4 --batch 4 --width 2 --depth 1".split(" ");

let folder: string;
const json = async (...args: string[]) => jsonOf(await runCli([...args, "--json"], { cwd: folder }));

beforeAll(async () => {
  const large = await pngFiles("large", 10, 10, 8);
  folder = await temporaryFolder({ ...large, "centres/.keep": "" });
  for (const [path, bytes] of Object.entries(large)) {
    const centre = sharp(bytes).extract({ left: 2, top: 2, width: 6, height: 4 });
    await writeFile(join(folder, path.replace("large", "centres")), await centre.png().toBuffer());
  }
  await json(...TRAIN);
});

test("the run remembers crops and mirroring", async () => {
  const { data, network } = JSON.parse(await readFile(join(folder, "run/config.json"), "utf8"));
  expect(data).toMatchObject({ crop: { rows: 4, cols: 6 }, mirror: true });
  expect(network.size).toEqual({ channels: 3, rows: 4, cols: 6 });
});

test("large pictures are scored by their centres", async () => {
  const { nllNats, images } = await json("score", "run", "large");
  expect(await json("score", "run", "centres")).toMatchObject({ nllNats, images });
  expect(images).toBe(10);
});

test("the centres of large pictures are completed", async () => {
  await json("complete", "run", "large", "--count", "2", "--out", "large.png");
  await json("complete", "run", "centres", "--count", "2", "--out", "centres.png");
  const [large, centres] = await Promise.all(
    ["large.png", "centres.png"].map((name) => readFile(join(folder, name))),
  );
  expect(large).toEqual(centres);
});

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf } from "./run-cli.ts";
import { runHere } from "./run-here.ts";

const RECIPE = join(import.meta.dirname, "../../recipes/vae-digits.json");

let folder: string;
const cli = (line: string) => runHere(line.split(" "), { cwd: folder, env: {} });
const json = async (line: string) => jsonOf(await cli(`${line} --json`));
const pngOf = async (name: string) => decode(await readFile(join(folder, name)));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-latents-"));
  const train = `train --config ${RECIPE} --out vae --width 2 --latents 3 --steps 4 --eval-every 4 --free-bits 0.5 --threads 1`;
  const trained = await json(train);
  expect(trained).toMatchObject({ step: 4, valid: { negativeElbo: expect.any(Number) } });
});
afterAll(() => rm(folder, { recursive: true }));

test("the configuration of a run repeats it, settings and all", async () => {
  const again = "train --config vae/config.json --out again --threads 1";
  const { code, stderr } = await cli(again);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  const [one, other] = await Promise.all(
    ["vae", "again"].map((run) => readFile(join(folder, run, "config.json"), "utf8")),
  );
  expect(JSON.parse(other!)).toEqual(JSON.parse(one!));
  expect(JSON.parse(one!)).toMatchObject({
    family: "vae",
    network: { settings: { beta: 1, freeBits: 0.5 } },
  });
  const weights = (run: string) => readFile(join(folder, run, "checkpoints/best.safetensors"));
  expect(await weights("again")).toEqual(await weights("vae"));
});

test("score says that it tells a bound, in JSON and in text", async () => {
  const scored = await json("score vae digits:test --limit 5");
  expect(scored).toMatchObject({ likelihood: "bound", bound: "elbo", images: 5 });
  expect((await cli("score vae digits:test --limit 5")).stdout).toContain("(upper bounds: ELBO)");
  const weighted = await json("score vae digits:test --limit 5 --importance-samples 20");
  expect(weighted).toMatchObject({ bound: "importance-weighted", importanceSamples: 20 });
  expect(Number(weighted["nllNats"])).toBeLessThan(Number(scored["nllNats"]));
});

test("sample says nothing of the likelihood of what it drew", async () => {
  const drawn = await json("sample vae --count 4 --seed 2");
  expect(drawn).toMatchObject({ count: 4, files: 1 });
  expect(drawn).not.toHaveProperty("nllNats");
});

test("reconstruct writes a row for each picture, embed a row of numbers, interpolate one row", async () => {
  expect(await json("reconstruct vae digits:test --limit 3")).toMatchObject({ pictures: 3, files: 1 });
  const { width, height } = await pngOf("reconstructions.png");
  expect(height).toBeGreaterThan(width);
  expect(await json("reconstruct vae digits:test --limit 3 --out some")).toMatchObject({ files: 3 });

  expect(await json("embed vae digits:test --limit 7 --out z.npy")).toMatchObject({
    pictures: 7,
    latents: 3,
  });
  expect((await readFile(join(folder, "z.npy"))).subarray(0, 128).toString("latin1")).toContain("(7, 3)");

  const between = await json("interpolate vae digits:test --from 2 --to 4 --count 5");
  expect(between).toMatchObject({ from: 2, to: 4, count: 5 });
  const strip = await pngOf("interpolation.png");
  expect(strip.width).toBeGreaterThan(4 * strip.height);
  expect(await json("interpolate vae --count 3 --to-seed 9")).toMatchObject({ fromSeed: 0, toSeed: 9 });
});

test.each([
  [
    "complete vae digits:test",
    "expected a model that can complete pictures (of the families autoregressive)",
  ],
  ["score vae digits:test --per-pixel a.npy", "expected a model that tells the likelihood of each pixel"],
  ["sample vae --size 16x16", "expected 8x8, the size that vae was trained on"],
  ["interpolate vae --from 1", "--from goes with a data set"],
  ["interpolate vae digits:test --to-seed 1", "--to-seed goes with drawn pictures"],
  ["interpolate vae digits:test --to 99999", "expected a number below 1797"],
  ["embed vae digits:test --out a.txt", ".npy"],
  ["reconstruct vae digits:test --class 3", "expected a model that knows classes"],
  [
    "train digits --model vae --out x --kl-warmup 2",
    "expected a number from 0 to 1 for klWarmup, received 2",
  ],
  ["train digits --out x --beta 2", 'expected none for a setting of pixelcnn, received "beta"'],
  ["train --resume --out vae --beta 2", "expected network.settings.beta 1"],
])("%s is one line that says what is wrong", async (line, message) => {
  const { stderr, code } = await cli(line);
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
  expect(stderr.trim().split("\n").length).toBe(1);
});

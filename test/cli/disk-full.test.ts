import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { isTemporary } from "../../src/files/atomic-write.ts";
import { isThere } from "../../src/files/bounded-read.ts";
import { serveHub, table } from "../data/hub/hub-server.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { jsonOf, runCli, type CliOptions } from "./run-cli.ts";

const NETWORK = ["--batch", "4", "--width", "2", "--depth", "1", "--threads", "1"];
const TRAIN = ["train", "digits", ...NETWORK];
const EVERY = ["--steps", "8", "--eval-every", "4", "--checkpoint-every", "4"];
const LAST = "checkpoints/step-00000008.safetensors";
const BEST = "checkpoints/best.safetensors";

/** A limit on the size of each file, in KiB; without the signal that would end the program. */
const limited = (kibibytes: number) => `trap '' XFSZ; ulimit -f ${kibibytes}; exec "$@"`;

let folder: string;
const cli = (args: readonly string[], options: Partial<CliOptions> = {}) =>
  runCli(args, { cwd: folder, ...options });
const sha256 = async (...path: string[]) =>
  createHash("sha256")
    .update(await readFile(join(folder, ...path)))
    .digest("hex");

beforeAll(async () => {
  folder = await temporaryFolder({ "old.png": "old" });
  jsonOf(await cli([...TRAIN, ...EVERY, "--out", "whole", "--json"]));
}, 60_000);

/** One line about a file that cannot be written, and nothing half-written. */
async function expectFull(args: readonly string[], shell: string, file: string, env = {}): Promise<string> {
  const { stdout, stderr, code } = await cli(args, { shell, env });
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  const errors = stderr.split("\n").filter((line) => line.startsWith("error:"));
  expect(errors).toEqual([expect.stringMatching(/^error: cannot write \S+: (file too large|no space left)/)]);
  expect(stderr.endsWith(`${errors[0]}\n`)).toBe(true);
  expect(errors[0]).toContain(file);
  const left = await readdir(folder, { recursive: true });
  expect(left.filter((path) => isTemporary(path.split("/").at(-1)!))).toEqual([]);
  return errors[0]!;
}

/** Goes on, or begins anew if nothing was begun, and ends with the weights of a run that had the room. */
async function expectResumed(run: string): Promise<void> {
  const isBegun = await isThere(join(folder, run, "config.json"));
  const how = isBegun ? ["train", "--resume"] : [...TRAIN, ...EVERY];
  expect(jsonOf(await cli([...how, "--out", run, "--json"]))["step"]).toBe(8);
  for (const file of [LAST, BEST]) expect(await sha256(run, file)).toBe(await sha256("whole", file));
  const metrics = await readFile(join(folder, run, "metrics.jsonl"), "utf8");
  expect(metrics.match(/"step":\d+/g)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((step) => `"step":${step}`));
}

describe.skipIf(process.platform === "win32")("a file that may not grow", () => {
  test.each([
    [0, "lock.json"],
    [2, "checkpoints/step-00000000.safetensors"],
  ])("beyond %d KiB ends a training at %s; it goes on when it may", async (kibibytes, file) => {
    const run = `limit-${kibibytes}`;
    await expectFull([...TRAIN, ...EVERY, "--out", run], limited(kibibytes), `${run}/${file}`);
    await expectResumed(run);
  });

  test.each([
    [0, "lock.json", "metrics.jsonl"],
    [8, BEST, BEST],
  ])(
    "beyond %d KiB a run that is resumed ends at %s, and its %s is as it was",
    async (kibibytes, at, file) => {
      const run = `resumed-${kibibytes}`;
      await cp(join(folder, "whole"), join(folder, run), { recursive: true });
      await rm(join(folder, run, LAST));
      const before = await sha256(run, file);
      await expectFull(["train", "--resume", "--out", run], limited(kibibytes), `${run}/${at}`);
      expect(await sha256(run, file)).toBe(before);
      expect(await readdir(join(folder, run, "checkpoints"))).toContain("step-00000004.safetensors");
      await expectResumed(run);
    },
  );

  test.each([
    ["sample whole --count 1 --out old.png", "old.png"],
    ["sample whole --count 2 --out drawn", "drawn/0.png"],
    ["complete whole digits --limit 1 --count 1 --out completed.png", "completed.png"],
    ["score whole digits --limit 1 --per-image scores.jsonl", "scores.jsonl"],
    ["score whole digits --limit 1 --per-pixel nats.npy", "nats.npy"],
  ])("%s", async (command, file) => {
    await expectFull(command.split(" "), limited(0), file);
    expect(await readFile(join(folder, "old.png"), "utf8")).toBe("old");
    expect(await isThere(join(folder, file))).toBe(file === "old.png");
  });

  test("ends a download, and the unpacking of one; both succeed when it may", async () => {
    const noise = Buffer.from(Array.from({ length: 48 * 48 }, (_, i) => (i * i * 31) % 251));
    const raw = { width: 48, height: 48, channels: 1 } as const;
    const picture = await sharp(noise, { raw }).png().toBuffer();
    expect(picture.length).toBeGreaterThan(1024);
    const parquet = table(Array.from({ length: 10 }, () => picture));
    const hub = await serveHub({ default: { train: [parquet] } });
    const env = { HF_ENDPOINT: hub.url, NEXTPIXEL_CACHE: "cache" };
    const train = ["train", "hf:me/tiny", "--steps", "1", ...NETWORK, "--out", "tiny"];
    const unpacked = "cache/hf-unpacked/me/tiny/default";
    await expectFull(train, limited(0), `${unpacked}/train`, env);
    await expectFull(train, limited(1), "cache/hf/me/tiny/default/train/0000.parquet", env);
    jsonOf(await cli([...train, "--json"], { env }));
    await rm(join(folder, "cache/hf-unpacked"), { recursive: true });
    await mkdir(join(folder, "cache/hf/me/tiny/default/train"));
    await writeFile(join(folder, "cache/hf/me/tiny/default/train/0000.parquet"), parquet);
    await expectFull([...train, "--force"], limited(1), `${unpacked}/train`, env);
    expect(await readdir(join(folder, unpacked))).toEqual([]);
    jsonOf(await cli([...train, "--force", "--json"], { env }));
  });
});

const MOUNT = "unshare -rm bash -c 'mount -t tmpfs -o size=64k tmpfs /tmp'";

// A file system of its own, which ends with the program that sees it; not everywhere may one be made.
describe.skipIf(spawnSync("bash", ["-c", MOUNT]).status !== 0)("a disk that is full", () => {
  /** Pages of memory that a checkpoint takes there, and that weights to draw with take; each other file takes one. */
  let checkpoint: number;
  let weights: number;
  let page: number;
  beforeAll(async () => {
    page = Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));
    const pagesOf = async (file: string) => Math.ceil((await stat(join(folder, "whole", file))).size / page);
    [checkpoint, weights] = [await pagesOf(LAST), await pagesOf(BEST)];
    await mkdir(join(folder, "disk"));
  });

  test.each([
    ["config.json", 0, 0, 1],
    ["tensorboard/events.out.tfevents", 0, 0, 2],
    ["checkpoints/step-00000000.safetensors", 0, 0, 3],
    ["metrics.jsonl", 1, 0, 3],
    [BEST, 1, 0, 4],
    ["samples/step-00000004.png", 1, 1, 4],
    ["checkpoints/step-00000004.safetensors", 1, 1, 5],
    [BEST, 2, 1, 5],
  ])("at %s (%d checkpoints, %d times weights, and %d pages)", async (file, checkpoints, best, pages) => {
    const run = `disk-${checkpoints}-${best}-${pages}`;
    const bytes = (checkpoints * checkpoint + best * weights + pages) * page;
    const shell = `exec unshare -rm bash -c '
      mount -t tmpfs -o size=${bytes} tmpfs disk && { "$@"; code=$?; cp -r disk/run ${run}; exit $code; }' bash "$@"`;
    const error = await expectFull([...TRAIN, ...EVERY, "--out", "disk/run"], shell, `disk/run/${file}`);
    if (checkpoints > 0) expect(error).toContain("to go on: nextpixel train --resume --out disk/run");
    await expectResumed(run);
  });
});

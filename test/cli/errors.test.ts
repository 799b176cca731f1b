import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/run/safetensors.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { pngFile, pngFiles } from "./picture-files.ts";
import { jsonOf, runCli, type CliResult } from "./run-cli.ts";

const TINY = ["--steps", "4", "--batch", "4", "--width", "2", "--depth", "1", "--threads", "1"];
const CHECKPOINT = "checkpoints/best.safetensors";

let folder: string;
const cli = (...args: string[]) => runCli(args, { cwd: folder });
const words = (line: string) => line.split(" ");

beforeAll(async () => {
  const bad = await pngFile(99, 6, 6);
  folder = await temporaryFolder({
    ...(await pngFiles("pictures", 10, 6, 6)),
    ...(await pngFiles("truncated", 10, 6, 6)),
    "truncated/bad.png": bad.subarray(0, bad.length - 30),
    ...(await pngFiles("garbage", 10, 6, 6)),
    "garbage/bad.png": "not a picture",
    ...(await pngFiles("sizes", 9, 6, 6)),
    "sizes/other.png": await pngFile(9, 7, 5),
    "short-images-idx3-ubyte": Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4, 1, 2, 3),
    "file.txt": "text",
    "empty.json": "{}",
    "bad.json": '{"stepz": 3}',
    "bad.bin": Buffer.alloc(3074),
    "mask-cut.png": (await pngFile(3, 8, 8)).subarray(0, -40),
    "not-a-run/notes.txt": "mine",
  });
  await mkdir(join(folder, "empty"));
  jsonOf(await cli("train", "digits", "--out", "run", ...TINY, "--json"));
  for (const name of ["not-json", "no-lr", "other-width", "huge", "useless", "cut", "bare"]) {
    await cp(join(folder, "run"), join(folder, name), { recursive: true });
  }
  const config = await readFile(join(folder, "run/config.json"), "utf8");
  await writeFile(join(folder, "not-json/config.json"), config.slice(0, -10));
  await writeFile(join(folder, "no-lr/config.json"), config.replace(/"lr": .*,/, ""));
  await writeFile(join(folder, "other-width/config.json"), config.replace('"width": 2', '"width": 3'));
  await writeFile(join(folder, "huge/config.json"), config.replace('"rows": 8', '"rows": 1000000000'));
  await writeFile(
    join(folder, "useless", CHECKPOINT),
    withoutNumbers(await readFile(join(folder, "run", CHECKPOINT))),
  );
  await truncate(join(folder, "cut", CHECKPOINT), 5000);
  await rm(join(folder, "bare/checkpoints"), { recursive: true });
});

/** A checkpoint with all weights NaN. */
function withoutNumbers(bytes: Uint8Array): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes, "checkpoint");
  for (const { data } of tensors.values()) data.fill(Number.NaN);
  return encodeSafetensors(tensors, metadata);
}

/** One line, and nothing on stdout. */
function expectError(result: CliResult, parts: readonly string[], before: RegExp = /^$/): void {
  const { stdout, stderr, code, signal } = result;
  expect({ stdout, signal }).toEqual({ stdout: "", signal: null });
  expect(code).toBe(1);
  const lines = stderr.split("\n");
  expect(lines.pop()).toBe("");
  const last = lines.pop();
  expect(last).toMatch(/^error: /);
  expect(last).not.toContain("unexpected");
  for (const part of parts) expect(last).toContain(part);
  expect(lines.join("\n")).toMatch(before);
}

const NEW = `--out new ${TINY.join(" ")}`;

/** What is typed, and what the line about it must contain. */
const MISTAKES: readonly (readonly [command: string, ...parts: string[]])[] = [
  // Commands and options
  ["trian digits", "unknown command", "trian", "train?"],
  [`train digits ${NEW} --levls 2`, "unknown option", "--levls", "--levels?"],
  ["train digits", "required option", "--out"],
  ["train --out new", "missing required argument", "dataset"],
  ["sample run run", "too many arguments"],
  ["sample run --count", "--count", "argument missing"],
  [`train digits ${NEW} --levels 1`, "--levels", "from 2 to 256", "received 1"],
  [`train digits ${NEW} --epochs 2`, "--steps", "cannot be used with", "--epochs"],
  [
    `train digits ${NEW} --valid digits:test --valid-fraction 0.2`,
    "--valid ",
    "cannot be used with",
    "--valid-fraction",
  ],
  [`train digits ${NEW} --valid-fraction 1`, "--valid-fraction", "between 0 and 1"],
  [`train digits ${NEW} --steps many`, "--steps", "whole number", "many"],
  [`train digits ${NEW} --steps 1.5`, "--steps", "whole number", "1.5"],
  [`train digits ${NEW} --lr 0`, "--lr", "above 0"],
  [`train digits ${NEW} --ema 1`, "--ema", "at least 0 and below 1"],
  [`train digits ${NEW} --decay linear`, "--decay", "cosine", "linear"],
  [`train digits ${NEW} --likelihood normal`, "--likelihood", "bernoulli", "categorical", "normal"],
  [`train digits ${NEW} --likelihood bernoulli --levels 17`, "Bernoulli", "--levels 2", "17"],
  [`train digits ${NEW} --model pixelcnm`, "pixelcnn", "pixelcnm"],
  ["sample run --temperature 0", "--temperature", "above 0", "0"],
  ["sample run --count 0", "--count", "from 1 to", "received 0"],
  ["sample run --seed -1", "--seed", "at least 0", "received -1"],
  ["sample run --threads 1", "unknown option", "--threads"],
  ["sample run --workers 0", "--workers", "from 1 to 1024", "received 0"],
  ["sample run --size 0x4", "--size", "WxH"],
  ["complete run", "missing required argument", "pictures"],
  ["complete run digits --mask file.txt --rows 2", "--rows", "cannot be used with", "--mask"],
  ["complete run digits --rows -1", "--rows", "at least 0", "received -1"],
  ["complete run digits --rows 9", "--rows", "from 0 to 8", "received 9"],
  ["complete run digits --count 0", "--count", "from 1 to", "received 0"],
  ["complete run digits --limit 0", "--limit", "at least 1", "received 0"],
  ["complete run digits --size 9x9", "unknown option", "--size"],
  ["score run digits --limit 0", "--limit", "at least 1", "received 0"],
  ["info", "either a run folder or --model"],
  ["info run --model pixelcnn", "either a run folder or --model"],
  ["info --model nothing", "pixelcnn", "nothing"],
  ["info run --width 4", "--width", "--model"],
  ["info run --levels 2", "--levels", "--model"],
  ["info --model pixelcnn --kernel 3", "width or depth or head", "pixelcnn", "kernel"],
  ["info --model pixelcnn --kernl 3", "unknown option", "--kernl", "--kernel?"],
  ["info --model pixelcnn --preset x", "paper-mnist or paper-cifar10", "pixelcnn", '"x"'],
  [`train digits ${NEW} --kernel 3`, "width or depth or head", "pixelcnn", "kernel"],
  [`train digits ${NEW} --preset x`, "paper-mnist", "pixelcnn", '"x"'],
  [`train digits ${NEW} --config nowhere.json`, "cannot read nowhere.json", "ENOENT"],
  [`train digits ${NEW} --config file.txt`, ".json", "file.txt"],
  [`train ${NEW} --config empty.json`, "missing required argument", "dataset"],
  [`train digits --config empty.json`, "required option", "--out"],
  [`train digits ${NEW} --config bad.json`, "bad.json", "stepz", "steps"],

  // Data sets
  [`train nowhere ${NEW}`, "no data set", "nowhere", "digits", "folder of pictures", "IDX"],
  [`train digits ${NEW} --valid nowhere`, "no data set", "nowhere"],
  [`train mnist:valid ${NEW}`, "no data set", "mnist:valid", "mnist or mnist:test"],
  [`train digits ${NEW} --valid binarized-mnist:tset`, "binarized-mnist:valid or binarized-mnist:test"],
  [`train mnist ${NEW} --resize 6x6`, "only a folder", "mnist"],
  [`train hf:mnist ${NEW}`, "hf:owner/name:split", "hf:mnist"],
  ["score run cifar10:", "cifar10 or cifar10:test"],
  ["complete run hf:a/../b", "hf:owner/name", "hf:a/../b"],
  [`train empty ${NEW}`, "empty", "no PNG, JPEG or WebP picture"],
  [`train truncated ${NEW}`, "truncated/bad.png", "--skip-bad"],
  [`train garbage ${NEW}`, "garbage/bad.png", "--skip-bad"],
  [`train sizes ${NEW}`, "one size", "6x6", "sizes/other.png is 7x5", "--resize"],
  [`train pictures ${NEW} --resize 6`, "--resize", "WxH"],
  [`train digits ${NEW} --resize 6x6`, "only a folder", "digits"],
  [`train short-images-idx3-ubyte ${NEW}`, "short-images-idx3-ubyte", "48 bytes", "19", "truncated"],
  [`train file.txt ${NEW}`, "file.txt", "IDX"],
  [`train bad.bin ${NEW}`, "bad.bin", "CIFAR-10", "3073", "3074"],
  [`train digits ${NEW} --valid pictures`, "8x8 with 1 channel", "pictures", "6x6 with 3 channel"],
  [`train pictures ${NEW} --valid-fraction 0.01`, "0.01", "none for validation"],
  ["score run nowhere", "no data set", "nowhere"],
  ["score run pictures", "8x8, 1 channel", "pictures", "6x6, 3 channel"],

  ["score run sizes/other.png", "8x8, 1 channel", "sizes/other.png", "7x5, 3 channel"],
  ["complete run nowhere", "no data set", "nowhere", "picture"],
  ["complete run nowhere.png", "no data set", "nowhere.png"],
  ["complete run pictures", "8x8, 1 channel", "pictures", "6x6, 1 channel"],
  ["complete run sizes/other.png", "8x8", "sizes/other.png", "7x5"],
  ["complete run garbage/bad.png", "garbage/bad.png", "cannot decode"],
  ["complete run truncated", "truncated/bad.png", "--skip-bad"],
  ["complete run digits --mask nowhere.png", "cannot read nowhere.png", "ENOENT"],
  ["complete run digits --mask empty", "empty", "cannot decode"],
  ["complete run digits --mask file.txt", "file.txt", "cannot decode"],
  ["complete run digits --mask mask-cut.png", "mask-cut.png", "cannot decode"],
  ["complete run digits --mask sizes/other.png", "8x8 pixels", "sizes/other.png", "7x5"],

  // Runs
  ["sample nowhere", "no run at", "nowhere"],
  ["score nowhere digits", "no run at", "nowhere"],
  ["info pictures", "no run at", "pictures"],
  ["info not-json", "JSON", "not-json/config.json"],
  ["sample no-lr", "no-lr/config.json", "training.lr"],
  ["sample other-width", "average.first.weight", "other-width/checkpoints/"],
  ["sample huge", "at most 16777216 sub-pixels", "huge/config.json: network.size"],
  ["score useless digits", "checksum", `useless/${CHECKPOINT}`],
  ["sample cut", `cut/${CHECKPOINT}`],
  ["score cut digits", `cut/${CHECKPOINT}`],
  ["sample bare", "no checkpoint", "bare"],
  ["complete nowhere digits", "no run at", "nowhere"],
  ["complete bare digits", "no checkpoint", "bare"],

  // What is there already, or cannot be written
  [`train digits --out run ${TINY.join(" ")}`, "run", "not empty", "--force"],
  [`train digits --out file.txt ${TINY.join(" ")}`, "file.txt", "is a file"],
  [`train digits --out not-a-run --force ${TINY.join(" ")}`, "not-a-run", "leaves it alone"],
  [`train digits --out /dev/null/x ${TINY.join(" ")}`, "cannot write", "/dev/null/x"],
  ["sample run --count 1 --out missing/x.png", "cannot write", "missing/x.png", "ENOENT"],
  ["sample run --count 1 --out file.txt/x", "cannot write", "file.txt/x"],
  ["sample run --count 1 --out file.txt", "cannot write", "file.txt"],
  ["complete run digits --out missing/x.png", "cannot write", "missing/x.png", "ENOENT"],
  ["complete run digits --out file.txt", "cannot write", "file.txt"],
  ["score run digits --limit 1 --per-image missing/x.jsonl", "cannot write", "missing/x.jsonl"],
  ["score run digits --limit 1 --per-pixel missing/x.npy", "cannot write", "missing/x.npy"],
];

describe("an error is one line that says what to do, and leaves everything as it was", () => {
  test.each(MISTAKES)("%s", async (command, ...parts) => {
    expectError(await cli(...words(command)), parts);
    expect(existsSync(join(folder, "new"))).toBe(false);
    expect(await readdir(join(folder, "not-a-run"))).toEqual(["notes.txt"]);
    expect(await readFile(join(folder, "file.txt"), "utf8")).toBe("text");
    expect(existsSync(join(folder, "run", CHECKPOINT))).toBe(true);
  });

  test.each(["train nowhere --out new", "score run pictures", "sample cut", "info not-json"])(
    "%s --verbose adds where it came from",
    async (command) => {
      const { stderr, stdout, code } = await cli(...words(command), "--verbose");
      expect(stderr).toMatch(/^error: .*\nNextpixelError: .*\n +at /);
      expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    },
  );

  test("no command at all shows the help", async () => {
    const { stdout, stderr, code } = await cli();
    expect(stderr).toMatch(/^Usage: nextpixel/);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  });

  test.skipIf(process.platform === "win32")("a reader of stdout that has left ends it quietly", async () => {
    const { stderr, code } = await runCli(["info", "run"], { cwd: folder, closedStdout: true });
    expect({ stderr, code }).toEqual({ stderr: "", code: 1 });
  });
});

describe("the way out that an error names works", () => {
  test.each(["truncated", "garbage"])("--skip-bad: %s", async (name) => {
    const result = await cli("train", name, "--out", `skip-${name}`, ...TINY, "--skip-bad", "--json");
    jsonOf(result);
    expect(result.stderr).toMatch(new RegExp(`^warning: .*${name}/bad\\.png`, "m"));
    expect(result.stderr).toContain("9 pictures to train on, 1 to validate with");
  });

  test("--resize", async () => {
    jsonOf(await cli("train", "sizes", "--out", "resized", ...TINY, "--resize", "5x4", "--json"));
    expect(jsonOf(await cli("info", "resized", "--json"))["size"]).toEqual({ channels: 3, rows: 4, cols: 5 });
  });

  test("--force starts over", async () => {
    const again = ["train", "digits", "--out", "again", "--json", ...TINY];
    jsonOf(await cli(...again));
    expectError(await cli(...again), ["--force"]);
    jsonOf(await cli(...again, "--steps", "2", "--force"));
    expect(await readdir(join(folder, "again/checkpoints"))).not.toContain("step-00000004.safetensors");
    expect((await readFile(join(folder, "again/metrics.jsonl"), "utf8")).trim().split("\n")).toHaveLength(2);
  });
});

test.each([
  ["seen by validation", 1, ["--eval-every", "1"]],
  // A checkpoint is due before the loss has been seen: the weights of step 1 must not get into it all the same.
  ["seen by the next step", 2, ["--eval-every", "4", "--checkpoint-every", "1"]],
])("a loss that is not finite, %s", async (_, step, flags) => {
  const out = `diverged${step}`;
  const train = ["train", "digits", "--out", out, ...TINY, "--lr", "1e30", "--warmup", "0", ...flags];
  const said = [
    `loss of step ${step}`,
    "not a finite number",
    "step 0 is kept",
    `${out}/checkpoints`,
    "--lr",
  ];
  expectError(await cli(...train), said, /parameters, 4 steps/);
  expect(await readdir(join(folder, out, "checkpoints"))).toEqual(["step-00000000.safetensors"]);
  jsonOf(await cli("sample", out, "--count", "1", "--out", `${out}.png`, "--json"));
  const scored = jsonOf(await cli("score", out, "digits", "--limit", "5", "--json"));
  expect(scored["nllNats"]).toEqual(expect.any(Number));
});

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { FAILURE } from "../../src/run/run-folder.ts";
import { mistakenFiles, TINY } from "./mistaken-files.ts";
import { serveMistakes } from "./mistaken-server.ts";
import { MISTAKES_IN_COMMANDS } from "./mistakes-in-commands.ts";
import { MISTAKES_IN_FILES } from "./mistakes-in-files.ts";
import { jsonOf, runCli, type CliResult } from "./run-cli.ts";
import { runHere } from "./run-here.ts";

let folder: string;
let server: string;
let before: string[];
beforeAll(async () => {
  server = await serveMistakes();
  folder = await mistakenFiles();
  before = await filesLeft();
}, 120_000);

/** All files but those of the cache, which keeps what it was told, and those that say why a training has failed. */
const filesLeft = async () =>
  (await readdir(folder, { recursive: true }))
    .filter((path) => !path.startsWith("cache") && basename(path) !== FAILURE)
    .sort();

const cli = (...args: string[]) => runCli(args, { cwd: folder });

/**
 * Runs a command line in this process, with variables before it as a shell takes them: `HF_ENDPOINT=x train hf:me/y`.
 */
function here(line: string): Promise<CliResult> {
  const words = line.split(" ");
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const set = Object.fromEntries(words.slice(0, first).map((word) => word.split("=") as [string, string]));
  const env = {
    NEXTPIXEL_CACHE: "cache",
    NEXTPIXEL_MIRROR: server,
    HF_ENDPOINT: server,
    HF_TOKEN: "",
    ...set,
  };
  return runHere(words.slice(first), { cwd: folder, env });
}

/** Lines before that of an error, of what was going on. */
const NOTES = /^((downloading|training|warning:) .*\n?)*$/;

/** One line, and nothing on stdout. */
function expectError(result: CliResult, parts: readonly string[], notes: RegExp = /^$/): void {
  const { stdout, stderr, code, signal } = result;
  expect({ stdout, signal }).toEqual({ stdout: "", signal: null });
  expect(code).toBe(1);
  const lines = stderr.split("\n");
  expect(lines.pop()).toBe("");
  const last = lines.pop();
  expect(last).toMatch(/^error: /);
  expect(last).not.toMatch(/^error: unexpected:/);
  for (const part of parts) expect(last).toContain(part);
  expect(lines.join("\n")).toMatch(notes);
}

describe("an error is one line that says what to do, and leaves everything as it was", () => {
  test.each([...MISTAKES_IN_COMMANDS, ...MISTAKES_IN_FILES])("%s", async (command, ...parts) => {
    expectError(await here(command), parts, NOTES);
    expect(await filesLeft()).toEqual(before);
    expect(await readFile(join(folder, "file.txt"), "utf8")).toBe("text");
  });

  test.each(["train nowhere --out new", "score run pictures", "sample cut", "info not-json"])(
    "%s --verbose adds where it came from",
    async (command) => {
      const { stderr, stdout, code } = await cli(...command.split(" "), "--verbose");
      expect(stderr).toMatch(/^error: .*\nNextpixelError: .*\n +at /);
      expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    },
  );

  test("no command at all shows the help", async () => {
    const { stdout, stderr, code } = await cli();
    expect(stderr).toMatch(/^Usage: nextpixel/);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  });

  test.skipIf(!existsSync("/dev/full"))("a result that finds no room", async () => {
    const { stderr, code } = await runCli(["info", "run"], { cwd: folder, shell: 'exec "$@" > /dev/full' });
    const message = "cannot write stdout: no space left on device (ENOSPC)";
    expect({ stderr, code }).toEqual({ stderr: `error: ${message}\n`, code: 1 });
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

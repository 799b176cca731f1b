import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { killRanks } from "../../bench/kill-ranks.ts";
import { leftBehind, MAIN, pidsOf, startRanks } from "../../bench/mpirun.ts";
import { philox4x32, uniform } from "../../src/basics/philox.ts";

// Where there is no MPI these tests fail, and say how to install it.

const PROGRAM = new URL("../../dist/cli/program.js", import.meta.url);
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-mpirun-"))));
afterAll(() => rm(folder, { recursive: true }));

const FLAGS = "--limit 100 --width 4 --depth 1 --batch 8 --shares 2 --threads 1 --json".split(" ");
const words = (out: string, ...more: string[]) => ["train", "digits", ...FLAGS, "--out", out, ...more];

test("two ranks of MPI make the run of one process, which loads no MPI; one line is printed", async () => {
  const alone = words("alone", "--steps", "3");
  const script = `
    import { readFileSync } from "node:fs";
    import { runProgram } from ${JSON.stringify(PROGRAM)};
    await runProgram(${JSON.stringify(alone)});
    console.error(/koffi|libmpi/.exec(readFileSync("/proc/self/maps", "utf8"))?.[0] ?? "no MPI");`;
  const { stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: folder,
  });
  expect(stderr).toMatch(/no MPI\n$/);

  const two = await startRanks(2, [MAIN, ...words("two", "--steps", "3")], { cwd: folder }).ended;
  expect(two).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{.*"step":3.*\}\n$/) });
  expect(two.stderr.match(/parameters/g)).toHaveLength(1);
  const files = (run: string) =>
    Promise.all(
      ["step-00000003", "best"].map((name) => readFile(join(folder, run, `checkpoints/${name}.safetensors`))),
    );
  expect(await files("two")).toEqual(await files("alone"));
});

test("a rank that fails ends all; the first one says what happened where, and nothing is written", async () => {
  const failing = ["-n", "1", process.execPath, MAIN, "train", "no-such.npy", "--out", "failing"];
  const both = [MAIN, ...words("failing"), ":", ...failing];
  const { code, stdout, stderr } = await startRanks(1, both, { cwd: folder }).ended;
  expect(code).not.toBe(0);
  expect(stdout).toBe("");
  expect(stderr.match(/^error: .*$/gm)).toEqual([
    expect.stringMatching(/^error: rank 1 on .*: no data set "no-such.npy"/),
  ]);
  expect(await readdir(folder)).not.toContain("failing");
});

test("a rank that hangs ends all within the time that was given, and the last checkpoint is whole", async () => {
  const endless = words("hanging", "--steps", "100000", "--checkpoint-every", "5", "--rank-timeout", "1");
  const running = startRanks(2, [MAIN, ...endless], { cwd: folder });
  const checkpoints = join(folder, "hanging/checkpoints");
  while (((await readdir(checkpoints).catch(() => [])).length ?? 0) < 2) await setTimeout(50);
  const pids = await pidsOf(running);
  expect(pids).toHaveLength(2);
  process.kill(pids[1]!, "SIGSTOP");
  const { code, stderr } = await running.ended;
  expect(code).not.toBe(0);
  expect(stderr).toContain("expected an answer of all 2 ranks within 1 s");
  expect(stderr).toContain("nextpixel train --resume --out hanging");
  expect(await leftBehind(pids)).toEqual([]);
  const { message } = JSON.parse(await readFile(join(folder, "hanging/failure.json"), "utf8")) as {
    message: string;
  };
  expect(message).toContain("within 1 s");
});

test("a rank that is killed ends all, nothing is left behind, and the run goes on to the same weights", async () => {
  // Between its first checkpoint and its end.
  let drawn = 0;
  const random = () => 0.5 + 0.4 * uniform(philox4x32([drawn++, 0, 0, 0], [3, 0])[0]);
  const killed: number[] = [];
  await killRanks({
    model: "pixelcnn",
    kills: 1,
    ranks: 2,
    steps: 40,
    random,
    onKill: ({ endedWithin }) => killed.push(endedWithin),
  });
  expect(killed).toHaveLength(1);
});

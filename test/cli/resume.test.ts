import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { philox4x32 } from "../../src/basics/philox.ts";
import { jsonOf, MAIN, runCli } from "./run-cli.ts";

const TRAIN =
  "train digits --steps 600 --batch 4 --width 4 --depth 1 --shares 2 --eval-every 100 --checkpoint-every 2 --json".split(
    " ",
  );
const KILLS = 8;

let folder: string;
const cli = (...args: string[]) => runCli(args, { cwd: folder });
beforeAll(async () => {
  folder = await temporaryFolder({});
  jsonOf(await cli(...TRAIN, "--out", "whole"));
}, 60_000);

const resume = (run: string) => ["train", "--resume", "--out", run, "--json"];

/** Runs a command and kills it, so many milliseconds after it begins to write its fifth checkpoint. */
function killed(args: readonly string[], run: string, milliseconds: number): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: "ignore" });
    const written = new Set<string>();
    const watcher = watch(join(folder, run, "checkpoints"), (_, name) => {
      if (!name?.endsWith(".tmp") || written.size === 5) return;
      if (written.add(name).size === 5) setTimeout(() => child.kill("SIGKILL"), milliseconds);
    });
    child.on("close", (_, signal) => {
      watcher.close();
      resolve(signal);
    });
  });
}

const sha256 = async (run: string, name: string) =>
  createHash("sha256")
    .update(await readFile(join(folder, run, "checkpoints", name)))
    .digest("hex");

describe.skipIf(process.platform === "win32")("a training that is killed over and over", () => {
  test(
    `goes on every time, ${KILLS} times, and ends with the same weights`,
    { timeout: 300_000 },
    async () => {
      await mkdir(join(folder, "killed", "checkpoints"), { recursive: true });
      for (let i = 0; i < KILLS; i++) {
        // The first ones at once: in the middle of writing.
        const milliseconds = i < KILLS / 2 ? 0 : philox4x32([i, 0, 0, 0], [3, 0])[0] % 40;
        const args = i === 0 ? [...TRAIN, "--out", "killed"] : resume("killed");
        expect(await killed(args, "killed", milliseconds)).toBe("SIGKILL");
      }
      expect(jsonOf(await cli(...resume("killed")))["step"]).toBe(600);
      for (const name of ["step-00000600.safetensors", "best.safetensors"]) {
        expect(await sha256("killed", name), name).toBe(await sha256("whole", name));
      }
      const stepsOf = async (run: string) =>
        (await readFile(join(folder, run, "metrics.jsonl"), "utf8"))
          .trim()
          .split("\n")
          .map((line) => (JSON.parse(line) as { step: number }).step);
      expect(await stepsOf("killed")).toEqual(await stepsOf("whole"));
    },
  );
});

test("a run can be repeated from its configuration", async () => {
  jsonOf(await cli("train", "--config", "whole/config.json", "--out", "again", "--json"));
  expect(await sha256("again", "step-00000600.safetensors")).toBe(
    await sha256("whole", "step-00000600.safetensors"),
  );
  const config = (run: string) => readFile(join(folder, run, "config.json"), "utf8");
  expect(await config("again")).toBe(await config("whole"));
});

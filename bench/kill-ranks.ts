import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { philox4x32, seedKey, uniform } from "../src/basics/philox.ts";
import { isRunning } from "../src/files/is-running.ts";
import { leftBehind, MAIN, pidsOf, startRanks } from "./mpirun.ts";

export interface KillOptions {
  readonly model: string;
  readonly kills: number;
  readonly ranks: number;
  /** Of the training. */
  readonly steps: number;
  /** Numbers from 0 to 1 that decide when which rank is killed, and on how many the run goes on. */
  readonly random: () => number;
  readonly onKill?: (killed: Killed) => void;
}

/** What came of a kill. */
export interface Killed {
  readonly rank: number;
  /** After the start of the training, in seconds. */
  readonly after: number;
  /** Seconds until all ranks had ended. */
  readonly endedWithin: number;
  /** On how many the run went on. */
  readonly resumedOn: number;
}

/**
 * Kills one of the ranks of a training, again and again at another moment, and lets the run go on.
 *
 * @throws an Error if a rank is left behind, or the weights in the end are not those of one process without a kill.
 */
export async function killRanks({ model, kills, ranks, steps, random, onKill }: KillOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-kills-"));
  const flags =
    `--limit 200 --model ${model} --width 4 --batch 8 --shares ${ranks} --threads 1 --steps ${steps} ` +
    `--eval-every ${Math.ceil(steps / 2)} --checkpoint-every ${Math.ceil(steps / 20)}`;
  const words = (out: string) => ["train", "digits", ...flags.split(" "), "--out", out];
  const last = (out: string) =>
    readFile(join(folder, out, `checkpoints/step-${String(steps).padStart(8, "0")}.safetensors`));
  try {
    const begun = performance.now();
    await promisify(execFile)(process.execPath, [MAIN, ...words("whole")], { cwd: folder });
    const duration = performance.now() - begun;
    const wanted = await last("whole");
    for (let [kill, attempt] = [0, 0]; kill < kills; attempt++) {
      const out = `killed-${attempt}`;
      const running = startRanks(ranks, [MAIN, ...words(out)], { cwd: folder });
      const after = random() * duration;
      await setTimeout(after);
      const pids = await pidsOf(running);
      const rank = Math.floor(random() * pids.length);
      const killedAt = performance.now();
      const isKilled = pids.length > 0 && isRunning(pids[rank]!) && process.kill(pids[rank]!, "SIGKILL");
      await running.ended;
      const endedWithin = (performance.now() - killedAt) / 1000;
      // It had ended already.
      if (!isKilled) continue;
      kill++;
      const left = await leftBehind(pids);
      if (left.length > 0) throw new Error(`processes ${left.join(", ")} are left behind`);

      const resumedOn = 1 + Math.floor(random() * ranks);
      const hasBegun = existsSync(join(folder, out, "config.json"));
      const again = hasBegun
        ? ["train", "--resume", "--threads", "1", "--out", out]
        : [...words(out), "--force"];
      const { code, stderr } = await startRanks(resumedOn, [MAIN, ...again], { cwd: folder }).ended;
      if (code !== 0) throw new Error(`going on failed: ${stderr}`);
      if (!wanted.equals(await last(out)))
        throw new Error(`other weights after the death of rank ${rank} after ${after} ms`);
      onKill?.({ rank, after: after / 1000, endedWithin, resumedOn });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Prints what comes of each kill. */
export async function benchKills({
  model,
  kills,
  ranks,
  steps,
  seed,
}: Omit<KillOptions, "random" | "onKill"> & { readonly seed: number }): Promise<void> {
  const endings: number[] = [];
  let drawn = 0;
  await killRanks({
    model,
    kills,
    ranks,
    steps,
    random: () => uniform(philox4x32([drawn++, 0, 0, 0], seedKey(seed))[0]),
    onKill({ rank, after, endedWithin, resumedOn }) {
      endings.push(endedWithin);
      console.log(
        `rank ${rank} of ${ranks} killed after ${after.toFixed(1)} s: all ended within ${endedWithin.toFixed(1)} s; ` +
          `resumed on ${resumedOn}, the same weights`,
      );
    },
  });
  console.log(`${kills} kills: all ended within ${Math.max(...endings).toFixed(1)} s, nothing left behind`);
}

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { MPI_ADVICE } from "../src/cluster/library.ts";
import { isRunning } from "../src/files/is-running.ts";

export const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** Processes that mpirun has started. */
export interface Ranks {
  readonly process: ChildProcess;
  readonly ended: Promise<RanksResult>;
}

export interface RanksResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** Starts `nextpixel` with these words as so many processes of this machine, in a folder. */
export function startRanks(
  ranks: number,
  words: readonly string[],
  { cwd, options = [] }: { readonly cwd: string; readonly options?: readonly string[] },
): Ranks {
  const placement = ["--oversubscribe", "--bind-to", "none", ...options];
  // Those of a process that mpirun has started itself would be taken for its own.
  const own = Object.entries(process.env).filter(([name]) => !/^(?:OMPI|PMIX)_/.test(name));
  const child = spawn(mpirun(), ["-n", String(ranks), ...placement, process.execPath, MAIN, ...words], {
    cwd,
    env: {
      ...Object.fromEntries(own),
      NO_COLOR: "1",
      OMPI_ALLOW_RUN_AS_ROOT: "1",
      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  const ended = new Promise<RanksResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ stdout, stderr, code }));
  });
  return { process: child, ended };
}

/** The process numbers of the ranks, once all have been started. */
export async function pidsOf({ process: { pid } }: Ranks): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.trim().split(" ").filter(Boolean).map(Number);
}

/** Those that still run when mpirun has ended, and some time for the system to collect them has passed. */
export async function leftBehind(pids: readonly number[]): Promise<number[]> {
  for (let waited = 0; waited < 100; waited++) {
    if (!pids.some(isRunning)) break;
    await setTimeout(50);
  }
  return pids.filter(isRunning);
}

function mpirun(): string {
  const places = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "mpirun"));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`no mpirun: ${MPI_ADVICE}`);
  return found;
}

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { MPI_ADVICE } from "../src/cluster/library.ts";
import { isRunning } from "../src/files/is-running.ts";

/** The built command line. */
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

export interface RanksOptions {
  /** The folder in which they run. */
  readonly cwd?: string;
  /** More options of mpirun. */
  readonly options?: readonly string[];
  /** The command that runs mpirun, if it is to run in other surroundings. */
  readonly within?: readonly string[];
}

/** Starts Node with these arguments, such as a script, as so many ranks of this machine. */
export function startRanks(
  ranks: number,
  nodeArguments: readonly string[],
  { cwd, options = [], within = [] }: RanksOptions = {},
): Ranks {
  const placement = ["-n", String(ranks), "--oversubscribe", "--bind-to", "none", ...options];
  // Those of a process that mpirun has started itself would be taken for its own.
  const own = Object.entries(process.env).filter(([name]) => !/^(?:OMPI|PMIX)_/.test(name));
  const [command, ...words] = [...within, mpirun(), ...placement, process.execPath, ...nodeArguments];
  const child = spawn(command!, words, {
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

/** The process numbers of the ranks; none before they are started, and when all have ended. */
export async function pidsOf({ process: { pid } }: Ranks): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
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

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, or null if a signal ended the program. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds, after which the program is killed. */
  readonly timeout?: number;
  /** Sends a signal as soon as stderr shows `after`. */
  readonly interrupt?: { readonly after: RegExp; readonly signal: NodeJS.Signals };
  /** A script for bash, which is to run the command line as "$@". */
  readonly shell?: string;
  /** As if whoever reads stdout had left already. */
  readonly closedStdout?: boolean;
}

/** Runs the built command line in a folder, outside any terminal. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const { cwd, env, timeout = 60_000, interrupt, shell, closedStdout = false } = options;
  const command = [process.execPath, MAIN, ...args];
  const [program, ...rest] = shell === undefined ? command : ["bash", "-c", shell, "bash", ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(program!, rest, {
      cwd,
      timeout,
      killSignal: "SIGKILL",
      env: { ...process.env, COLUMNS: "80", NO_COLOR: "1", FORCE_COLOR: undefined, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr, isInterrupted] = ["", "", false];
    if (closedStdout) child.stdout.destroy();
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (interrupt === undefined || isInterrupted || !interrupt.after.test(stderr)) return;
      isInterrupted = true;
      child.kill(interrupt.signal);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ stdout, stderr, code, signal }));
  });
}

/** The one JSON object that a command with --json has printed, after checking that it ended well. */
export function jsonOf({ stdout, stderr, code, signal }: CliResult): Record<string, unknown> {
  if (code !== 0) throw new Error(`exit code ${code}, signal ${signal}: ${stderr}`);
  if (!/^\{.*\}\n$/.test(stdout)) throw new Error(`expected one line of JSON, received ${stdout}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

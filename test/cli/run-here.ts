import { vi } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import type { CliOptions, CliResult } from "./run-cli.ts";

/**
 * Runs the command line of the sources in this process: a start of a process takes longer than most commands. One at a
 * time.
 */
export async function runHere(
  args: readonly string[],
  { cwd, env = {} }: Pick<CliOptions, "cwd" | "env">,
): Promise<CliResult> {
  const before = process.cwd();
  const said = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  process.chdir(cwd);
  try {
    await runProgram(args);
    return { ...said, code: Number(process.exitCode ?? 0), signal: null };
  } finally {
    process.exitCode = undefined;
    process.chdir(before);
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}

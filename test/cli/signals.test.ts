import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../data/temporary-folder.ts";

const SIGNALS = new URL("../../dist/cli/signals.js", import.meta.url);

/** Work that does not stop when it is asked to, in one way or another. */
const STUBBORN = {
  "that waits for ever": "setInterval(() => undefined, 1000); await new Promise(() => undefined);",
  "in the threads of Node's file system": `
    const { execFileSync } = await import("node:child_process");
    const { open } = await import("node:fs/promises");
    execFileSync("mkfifo", ["pipe"]);
    // Nobody writes to it.
    await open("pipe");`,
  "in a worker thread": `
    const { Worker } = await import("node:worker_threads");
    new Worker("for (;;);", { eval: true });
    await new Promise(() => undefined);`,
};

/** Runs work until it ends, after `signals` that are sent as soon as it has begun. */
async function interrupted(work: string, signals: readonly NodeJS.Signals[]) {
  const script = `
    import { untilInterrupted } from "${SIGNALS}";
    await untilInterrupted(async ({ signal, needs }) => { process.stdout.write("begun\\n"); ${work} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: await temporaryFolder(),
  });
  const rest = [...signals];
  let errors = "";
  const sendNext = () => {
    const next = rest.shift();
    if (next) child.kill(next);
  };
  child.stdout.once("data", sendNext);
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    if (text.startsWith("stopping")) sendNext();
  });
  return new Promise<{ code: number | null; signal: NodeJS.Signals | null; errors: string }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, errors }));
  });
}

describe.skipIf(process.platform === "win32")("a program with work", () => {
  describe.each(Object.entries(STUBBORN))("%s", (_, work) => {
    test("is ended by a second signal", async () => {
      const ended = await interrupted(work, ["SIGINT", "SIGTERM"]);
      expect(ended).toEqual({
        code: null,
        signal: "SIGTERM",
        errors: expect.stringMatching(/^stopping.*\n$/),
      });
    });

    test("is ended five seconds after the first signal", async () => {
      const ended = await interrupted(work, ["SIGINT"]);
      expect(ended).toMatchObject({ code: null, signal: "SIGINT" });
      expect(ended.errors).toMatch(/^stopping.*\nerror: did not stop within 5 seconds\n$/);
    });
  });

  test("that needs longer to stop is given the time", async () => {
    const work = `
      needs(20_000);
      const alive = setInterval(() => undefined, 1000);
      await new Promise((stop) => signal.addEventListener("abort", () => setTimeout(stop, 6000)));
      clearInterval(alive);
      process.exitCode = 3;`;
    expect(await interrupted(work, ["SIGTERM"])).toMatchObject({ code: 3, signal: null });
  });
});

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const PNG = [0x89, 0x50, 0x4e, 0x47];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-examples-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What an example prints, run as its first lines say. */
async function run(name: string, ...args: string[]): Promise<string[]> {
  const paths = args.map((arg) => (/^(run|.*\.png)$/.test(arg) ? join(folder, arg) : arg));
  const program = [join(ROOT, "examples", `${name}.js`), ...paths];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, program, { cwd: ROOT });
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n");
}

const isPng = async (name: string) =>
  [...(await readFile(join(folder, name))).subarray(0, 4)].every((byte, i) => byte === PNG[i]);

// They use the run that the first one leaves behind, in this order.
const EXAMPLES = {
  train: async () => {
    expect(await run("train", "run", "20")).toHaveLength(11);
    // It is complete.
    expect(await run("train", "run")).toEqual([expect.stringMatching(/^20 steps: \d+\.\d\d nats$/)]);
  },
  sample: async () => {
    expect(await run("sample", "run", "drawn.png")).toEqual([expect.stringMatching(/has \d+\.\d nats$/)]);
    expect(await isPng("drawn.png")).toBe(true);
  },
  complete: async () => {
    const said = await run("complete", "run", "digits:test", "completed.png");
    expect(said).toEqual([expect.stringMatching(/: 15 completions from the first 4 rows$/)]);
    expect(await isPng("completed.png")).toBe(true);
  },
  "odd-one-out": async () => {
    const [all, ...oddest] = await run("odd-one-out", "run");
    expect(all).toMatch(/^1797 pictures: \d\.\d{3} bits\/dim$/);
    const nats = oddest.map((line) => Number(/^picture \d+: (\d+\.\d) nats$/.exec(line)?.[1]));
    expect(nats).toHaveLength(5);
    expect(nats).toEqual(nats.toSorted((a, b) => b - a));
  },
  live: async () => {
    const rows = await run("live", "run", "3");
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) expect(row).toMatch(/^[ .:\-=+*#%@]{0,16}$/);
    expect(await run("live", "run", "3")).toEqual(rows);
  },
};

test.each(Object.entries(EXAMPLES))("examples/%s.js", (_, check) => check());

test("every example is run here", async () => {
  const files = await readdir(join(ROOT, "examples"));
  // Python's are tested with the command whose files they read.
  expect(files.filter((name) => name.endsWith(".js")).sort()).toEqual(
    Object.keys(EXAMPLES)
      .map((name) => `${name}.js`)
      .sort(),
  );
});

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runCli } from "./cli/run-cli.ts";

const ROOT = join(import.meta.dirname, "..");

test("the README's library example runs as written, on a run made by the command line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-library-"));
  try {
    const sizes = ["--steps", "3", "--batch", "4", "--width", "2", "--depth", "1"];
    expect((await runCli(["train", "digits", "--out", "run", ...sizes], { cwd: folder })).code).toBe(0);
    const readme = await readFile(join(ROOT, "README.md"), "utf8");
    const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
    expect(example).toContain('from "nextpixel"');
    const inFolder = (name: string) => JSON.stringify(join(folder, name));
    const program = `${example
      .replace('"runs/digits"', inFolder("run"))
      .replace('"runs/library"', inFolder("library"))
      .replace('"sixteen.png"', inFolder("sixteen.png"))
      .replace("steps: 100", "steps: 2, sizes: { width: 2, depth: 1 }")}
      console.log(JSON.stringify([drawn.pictures.length, completed.count, valid.nats, bitsPerDim]));`;
    // From the package's own folder, its name means what its package.json exports.
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: ROOT,
    });
    const lines = (await run).stdout.trim().split("\n");
    const [drawn, completed, validNats, bitsPerDim] = JSON.parse(lines.pop()!) as number[];
    expect([drawn, completed]).toEqual([16 * 64, 15]);
    expect(validNats).toBeGreaterThan(1);
    expect(await readdir(folder)).toContain("sixteen.png");
    expect(bitsPerDim).toBeGreaterThan(1);
    expect(bitsPerDim).toBeLessThan(5);
    expect(lines.length).toBeGreaterThan(7);
    for (const line of lines) expect(line).toMatch(/^row \d of pictures \d to \d$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

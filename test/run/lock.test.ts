import { spawn } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LOCK, lockRun, trainerOf } from "../../src/run/lock.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

const MODULE = new URL("../../dist/run/lock.js", import.meta.url);

/** A process that runs a script in a folder, with `lockRun` and what the file system can do. */
function start(folder: string, script: string) {
  const whole = `
    import { lockRun } from "${MODULE}";
    import { readFile, writeFile } from "node:fs/promises";
    import { setTimeout as sleep } from "node:timers/promises";
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", whole], { cwd: folder });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = new Promise<{ output: string; errors: string; signal: NodeJS.Signals | null }>((resolve) => {
    child.on("close", (_, signal) => resolve({ output, errors, signal }));
  });
  const says = (text: string) => expect.poll(() => output + errors, { timeout: 30_000 }).toContain(text);
  return { child, ended, says };
}

const HOLD = 'await lockRun("."); console.log("locked"); setInterval(() => undefined, 1000);';

/** A folder whose lock was left by a process that was killed. */
async function abandoned(): Promise<string> {
  const folder = await temporaryFolder();
  const holder = start(folder, 'await lockRun("."); process.kill(process.pid, "SIGKILL");');
  expect((await holder.ended).signal).toBe("SIGKILL");
  expect(await readdir(folder)).toEqual([LOCK]);
  return folder;
}

const locked = (message: RegExp) =>
  expect.objectContaining({ code: "LOCKED", message: expect.stringMatching(message) });

describe("the lock of a run", () => {
  test("is one process's until it is released", async () => {
    const folder = await temporaryFolder();
    const lock = await lockRun(folder);
    expect(await readdir(folder)).toEqual([LOCK]);
    await expect(lockRun(folder)).rejects.toEqual(locked(/has been in use by this process since 2/));
    const other = await start(folder, 'await lockRun(".");').ended;
    expect(other.errors).toMatch(`"." has been in use by process ${process.pid} since `);
    await lock.release();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    await (await lockRun(folder)).release();
  });

  test("is refused while another process has it, which it names, and free when that is killed", async () => {
    const folder = await temporaryFolder();
    const holder = start(folder, HOLD);
    await holder.says("locked");
    await expect(lockRun(folder)).rejects.toEqual(
      locked(new RegExp(`process ${holder.child.pid} since .*: wait for it to end, or end it`)),
    );
    holder.child.kill("SIGKILL");
    await holder.ended;
    const lock = await lockRun(folder);
    expect(await readdir(folder)).toEqual([LOCK]);
    await lock.release();
  });

  test("of a process whose number another process has now is taken over", async () => {
    const folder = await temporaryFolder();
    const holder = start(folder, HOLD);
    await holder.says("locked");
    const file = join(folder, LOCK);
    const own = JSON.parse(await readFile(file, "utf8")) as { began?: string };
    if (process.platform === "linux") {
      await writeFile(file, JSON.stringify({ ...own, began: `1${own.began}` }));
      await (await lockRun(folder)).release();
    }
    holder.child.kill("SIGKILL");
    await holder.ended;
  });

  test("of another machine is left alone, and says how to remove it", async () => {
    const folder = await abandoned();
    const file = join(folder, LOCK);
    const own = JSON.parse(await readFile(file, "utf8")) as object;
    await writeFile(file, JSON.stringify({ ...own, host: `not-${hostname()}` }));
    await expect(lockRun(folder)).rejects.toEqual(
      locked(new RegExp(`process \\d+ on not-.*if it does not run any more, remove .*${LOCK}`)),
    );
    await rm(file);
    await (await lockRun(folder)).release();
  });

  test.each(["", "{", "{}", "[]", "null", '{"pid":1}', "x".repeat(10_000)])(
    "that says %j is left alone, and says how to remove it",
    async (content) => {
      const folder = await temporaryFolder({ [LOCK]: content });
      await expect(lockRun(folder)).rejects.toEqual(locked(/cannot be read: .* remove the file/));
      expect(await readFile(join(folder, LOCK), "utf8")).toBe(content);
    },
  );

  test("is not released for whoever has it in its place", async () => {
    const folder = await temporaryFolder();
    const lock = await lockRun(folder);
    await rm(join(folder, LOCK));
    const next = await lockRun(folder);
    await lock.release();
    await expect(lockRun(folder)).rejects.toEqual(locked(/this process/));
    await next.release();
  });

  test("of a folder that is not there is a WRITE error", async () => {
    const folder = await temporaryFolder();
    await expect(lockRun(join(folder, "none"))).rejects.toMatchObject({ code: "WRITE" });
  });

  // Each gets the run once, makes sure that it is alone, and is killed with the lock in its hands or while it takes it.
  test("is one process's at a time, among many that take it over and are killed", async () => {
    const folder = await abandoned();
    const script = (i: number) => `
      for (;;) {
        if (${i} % 4 === 3) setTimeout(() => process.kill(process.pid, "SIGKILL"), 1 + ${i});
        try {
          await lockRun(".");
          break;
        } catch (error) {
          if (error.code !== "LOCKED") throw error;
          await sleep(1);
        }
      }
      for (let time = 0; time < 10; time++) {
        await writeFile("inside", String(process.pid));
        await sleep(1);
        if ((await readFile("inside", "utf8")) !== String(process.pid)) console.log("not alone");
      }
      console.log("done");
      process.kill(process.pid, "SIGKILL");`;
    const all = Array.from({ length: 24 }, (_, i) => ({ i, ...start(folder, script(i)) }));
    for (const { i, ended } of all) {
      const { output, errors, signal } = await ended;
      expect({ errors, signal }).toEqual({ errors: "", signal: "SIGKILL" });
      // Some are killed before they get so far.
      expect(["done\n", ...(i % 4 === 3 ? [""] : [])]).toContain(output);
    }
    await (await lockRun(folder)).release();
  }, 120_000);
});

test("tells who holds a lock, and of no process that a file merely names", async () => {
  const folder = await temporaryFolder();
  expect(await trainerOf(folder)).toBeUndefined();
  const holder = start(folder, HOLD);
  await holder.says("locked");
  expect(await trainerOf(folder)).toEqual({ pid: holder.child.pid });
  const file = join(folder, LOCK);
  const held = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  for (const change of process.platform === "linux"
    ? [{ host: "elsewhere" }, { began: undefined }]
    : [{ host: "elsewhere" }]) {
    await writeFile(file, JSON.stringify({ ...held, ...change }));
    expect(await trainerOf(folder)).toEqual({ pid: undefined });
  }
  await writeFile(file, JSON.stringify(held));
  holder.child.kill("SIGKILL");
  await holder.ended;
  expect(await trainerOf(folder)).toBeUndefined();
});

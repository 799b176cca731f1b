import { spawn, type ChildProcess } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { launchChromium } from "../test/browser/chromium.ts";
import { MAIN } from "../test/cli/run-cli.ts";
import { recordOf, writeRun } from "../test/studio/open-studio.ts";
import { manyRequests } from "./many-requests.ts";
import { median } from "./statistics.ts";

const RUNS = 200;
const RECORDS = 10_000;
const STEPS = 10 * RECORDS;

interface StudioLoad {
  /** How long requests are sent at a time. */
  readonly seconds: number;
  /** How often a training is measured with requests beside it. */
  readonly rounds: number;
}

/**
 * Opens the local studio with many long runs: how fast the list and the curves are there, how much memory the page
 * takes, and what many requests do to the server and to a training beside it.
 */
export async function benchStudioLoad({ seconds, rounds }: StudioLoad): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-bench-"));
  const children: ChildProcess[] = [];
  const start = (...words: string[]) => {
    const child = spawn(process.execPath, [MAIN, ...words], {
      cwd: folder,
      stdio: ["ignore", "pipe", "ignore"],
    });
    children.push(child);
    return child;
  };
  try {
    await writeRuns(join(folder, "runs"));
    const begun = performance.now();
    const studio = start("studio", "--json");
    const said = await new Promise<string>((resolve) =>
      studio.stdout!.once("data", (text) => resolve(String(text))),
    );
    console.log(`studio: its address after ${(performance.now() - begun).toFixed(0)} ms`);
    const { address } = JSON.parse(said) as { address: string };

    await benchPage(address);
    const { hash, origin } = new URL(address);
    const asked = {
      url: new URL("/api/runs", origin),
      // As browsers do.
      headers: { authorization: `Bearer ${hash.slice("#token=".length)}`, "accept-encoding": "gzip" },
      seconds,
      server: studio.pid!,
    };
    await manyRequests(asked);
    const words = ["--steps", "1000000", "--eval-every", "100", "--threads", "1"];
    start("train", "digits", "--out", "trained", ...words);
    const records = join(folder, "trained/metrics.jsonl");
    const rate = async (during: () => Promise<unknown>) => {
      const from = await nextRecord(records);
      await during();
      const to = await nextRecord(records);
      return (1000 * (to.step - from.step)) / (to.at - from.at);
    };
    const alone = [await rate(() => sleep(1000 * seconds))];
    const slowdowns: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const beside = await rate(() => manyRequests(asked));
      alone.push(await rate(() => sleep(1000 * seconds)));
      const usual = (alone.at(-2)! + alone.at(-1)!) / 2;
      slowdowns.push(100 * (1 - beside / usual));
      console.log(`training: ${beside.toFixed(1)} steps a second beside that, ${usual.toFixed(1)} alone`);
    }
    console.log(
      `training beside requests is ${median(slowdowns).toFixed(1)} % slower ` +
        `(${Math.min(...slowdowns).toFixed(1)} to ${Math.max(...slowdowns).toFixed(1)} %)`,
    );
  } finally {
    for (const child of children) child.kill("SIGINT");
    await Promise.all(
      children.map((child) => child.exitCode ?? new Promise((resolve) => child.once("exit", resolve))),
    );
    await rm(folder, { recursive: true });
  }
}

async function writeRuns(root: string): Promise<void> {
  const records = Array.from({ length: RECORDS }, (_, i) => {
    const step = (i + 1) * (STEPS / RECORDS);
    return recordOf(step, i % 10 === 9 ? { nats: 21 / step, bitsPerDim: 2.1 / step } : null);
  });
  for (let i = 0; i < RUNS; i++) {
    const run = join(root, `run-${String(i).padStart(3, "0")}`);
    if (i === 0) await writeRun(run, {}, records);
    else {
      await mkdir(run);
      for (const file of ["config.json", "metrics.jsonl"])
        await copyFile(join(root, "run-000", file), join(run, file));
    }
  }
  await writeFile(join(root, "not-a-run"), "");
}

/** Opens the page, then shows as many runs at once as it can. */
async function benchPage(address: string): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const begun = performance.now();
    const passed = () => `${(performance.now() - begun).toFixed(0)} ms`;
    await page.goto(address, { waitUntil: "commit" });
    await page.getByText(`${RUNS} runs in the folder`).waitFor();
    console.log(`page: list of ${RUNS} runs after ${passed()}`);
    await page.getByText(`read up to step ${STEPS}`).waitFor();
    await page.locator(".chart canvas").nth(3).waitFor();
    console.log(`page: curves of ${RECORDS} records after ${passed()}`);
    for (let i = 1; i < 8; i++) await page.getByRole("checkbox").nth(i).check();
    await page.waitForFunction(
      (wanted) => document.querySelector(".read")!.textContent!.split(wanted).length === 9,
      `read up to step ${STEPS}`,
    );
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.collectGarbage");
    await session.send("Performance.enable");
    const { metrics } = await session.send("Performance.getMetrics");
    const heap = metrics.find(({ name }) => name === "JSHeapUsedSize")!.value;
    console.log(`page: ${(heap / 1e6).toFixed(0)} MB of JavaScript's memory with the curves of 8 runs`);
  } finally {
    await browser.close();
  }
}

/** The step of the next record that is written, of which there is one for ten steps, and when it was there. */
async function nextRecord(records: string): Promise<{ readonly step: number; readonly at: number }> {
  const before = await stepOf(records);
  for (;;) {
    await sleep(10);
    const step = await stepOf(records);
    if (step > before) return { step, at: performance.now() };
  }
}

/** The step of the last record. */
async function stepOf(records: string): Promise<number> {
  for (;;) {
    const lines = await readFile(records, "utf8").catch(() => "");
    const last = lines.split("\n").at(-2);
    if (last !== undefined) return (JSON.parse(last) as { step: number }).step;
    await sleep(100);
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { publish } from "../src/studio/publish.ts";
import { launchChromium } from "../test/browser/chromium.ts";
import { serveSite } from "../test/studio/serve-site.ts";
import { median, quantile } from "./statistics.ts";

const FRAMES = 240;

/**
 * Takes the times of a page's frames, in milliseconds. A text, because tsx calls helpers in functions that pages lack.
 */
const FRAME_TIMES = `new Promise((resolve) => {
  const times = [];
  let before;
  const next = (now) => {
    if (before !== undefined) times.push(now - before);
    before = now;
    if (times.length < ${FRAMES}) requestAnimationFrame(next);
    else resolve(times);
  };
  requestAnimationFrame(next);
})`;

/**
 * Publishes runs, opens the page in Chromium, and prints after how long the first pixels are seen, how even frames are
 * while a picture is drawn that takes about ten seconds, and what a frame costs the page's main thread: processor time,
 * on which it does not matter what else the machine does.
 */
export async function benchStudio(runs: readonly string[], { rounds }: { rounds: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-bench-"));
  const site = join(folder, "site");
  const browser = await launchChromium();
  try {
    const published = await publish(runs, site);
    console.log(`page: ${(published.bytesWithoutWeights / 1000).toFixed(0)} kB without weights`);
    const server = await serveSite(site);
    for (const { folder: run } of published.runs) {
      const first: number[] = [];
      const frames: number[] = [];
      const costs: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const page = await browser.newPage();
        await page.goto(`${server.origin}/index.html?run=${encodeURIComponent(run)}`, {
          waitUntil: "commit",
        });
        const shown = await page.waitForFunction(
          () => /^[1-9]/.test(document.querySelector(".progress")?.textContent ?? "") && performance.now(),
        );
        first.push(Number(await shown.jsonValue()));
        const time = await mainThreadOf(page);
        const before = await time();
        frames.push(...(await page.evaluate<number[]>(FRAME_TIMES)));
        costs.push((1000 * ((await time()) - before)) / FRAMES);
        await page.close();
      }
      frames.sort((a, b) => a - b);
      const at = (share: number) => `${quantile(frames, share).toFixed(1)} ms`;
      console.log(
        `${run}: first pixel after ${median(first).toFixed(0)} ms; frames: median ${at(0.5)}, 99 % ${at(0.99)}, ` +
          `longest ${at(1)}, ${median(costs).toFixed(1)} ms of the main thread`,
      );
    }
    server.close();
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
}

/** What tells the seconds of processor time that a page's main thread has used. */
async function mainThreadOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")!.value;
  };
}

// Run by a process of its own: draws pictures of the run in its argument, and prints the memory that it took.
import { readFile } from "node:fs/promises";
import { loadSavedModel } from "../run/saved-model.ts";
import { sample } from "../tasks/sample.ts";
import { PICTURES_TO_MEASURE, type DrawingMemory } from "./drawing-memory.ts";

/** The largest resident memory of this process so far, in bytes. */
async function peakBytes(): Promise<number> {
  // Linux counts the memory of the process that started this one into `maxRSS`, but not into this.
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return Number(kilobytes) * 1024;
}

try {
  const before = process.memoryUsage.rss();
  await sample(await loadSavedModel(process.argv[2]!), { count: PICTURES_TO_MEASURE });
  console.log(JSON.stringify({ before, peak: await peakBytes() } satisfies DrawingMemory));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

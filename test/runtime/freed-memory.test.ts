import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MODULE = new URL("../../dist/runtime/freed-memory.js", import.meta.url).href;

/** Page faults of each of several rounds, in which 32 MiB are taken, written and freed. */
const program = (isKept: boolean) => `
  import { keepFreedMemory } from ${JSON.stringify(MODULE)};
  if (${isKept}) keepFreedMemory();
  const faults = [];
  for (let round = 0; round < 10; round++) {
    const before = process.resourceUsage().minorPageFault;
    let arrays = Array.from({ length: 8 }, () => new Float32Array(2 ** 20).fill(1));
    arrays = undefined;
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
    faults.push(process.resourceUsage().minorPageFault - before);
  }
  console.log(JSON.stringify(faults));
`;

async function faultsAtTheEnd(isKept: boolean): Promise<number> {
  const args = ["--expose-gc", "--input-type=module", "--eval", program(isKept)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const faults = JSON.parse(stdout) as number[];
  return Math.min(...faults.slice(-5));
}

const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };

test.runIf(header.glibcVersionRuntime)("freed memory is used again, without page faults", async () => {
  const [without, kept] = [await faultsAtTheEnd(false), await faultsAtTheEnd(true)];
  expect(kept).toBeLessThan(without / 10);
});

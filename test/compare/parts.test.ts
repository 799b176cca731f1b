import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { noisy } from "../../src/compare/controls.ts";
import { prepareReportFolder, saveReport } from "../../src/compare/save-report.ts";
import { spreadOf } from "../../src/compare/seeds.ts";
import { exampleReport } from "./example-report.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-compare-"))));
afterAll(() => rm(folder, { recursive: true }));

test("noise stays among the levels, is a function of the seed, and has the deviation that is told", () => {
  const grey = new Uint8Array(20_000).fill(128);
  const found = noisy(grey, 256, 1);
  expect(noisy(grey, 256, 1)).toEqual(found);
  expect(noisy(grey, 256, 2)).not.toEqual(found);
  // Of noise with a deviation of half of the range, 16 % are above white, and as many below black.
  for (const level of [0, 255])
    expect(found.filter((value) => value === level).length / found.length).toBeCloseTo(0.16, 1);
  const bits = noisy(new Uint8Array(20_000), 2, 1);
  expect(bits.filter((bit) => bit === 1).length / bits.length).toBeCloseTo(0.16, 1);
});

test("the spread is the standard deviation of a sample", () => {
  expect(spreadOf([1, 3])).toBeCloseTo(Math.SQRT2, 12);
  expect(spreadOf([2, 2, 2])).toBe(0);
  expect(spreadOf([1])).toBeUndefined();
});

test("a report is written into a folder of its own, again and again", async () => {
  const out = join(folder, "deep/report");
  await prepareReportFolder(out);
  const report = await exampleReport();
  await saveReport(out, report);
  expect(JSON.parse(await readFile(join(out, "report.json"), "utf8"))).toEqual(report);
  expect((await readdir(out)).sort()).toEqual(["index.html", "report.json"]);
  await mkdir(join(out, "seeds"));
  await prepareReportFolder(out);
  await writeFile(join(out, "mine.txt"), "");
  await expect(prepareReportFolder(out)).rejects.toThrow('holds "mine.txt": choose another folder');
  await expect(prepareReportFolder(join(out, "mine.txt"))).rejects.toThrow("is a file, not a folder");
  await expect(prepareReportFolder(join(folder, "report.json"))).rejects.toThrow("the name of a folder");
});

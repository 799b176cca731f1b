import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataset } from "../../src/data/open.ts";
import { dequantise } from "../../src/data/quantise.ts";
import { jsonOf } from "./run-cli.ts";
import { runHere } from "./run-here.ts";

const COUNT = 250;

let folder: string;
const cli = (line: string) => runHere(line.split(" "), { cwd: folder, env: {} });
const reportIn = async (out: string) => JSON.parse(await readFile(join(folder, out, "report.json"), "utf8"));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-compare-"));
  // A few digits as IDX files, so that the classifier needs few steps.
  const digits = await openDataset("digits");
  const pixels = await digits.read(Array.from({ length: COUNT }, (_, i) => i));
  const idx = (dimensions: readonly number[], values: Uint8Array) =>
    Buffer.concat([
      Uint8Array.of(0, 0, 8, dimensions.length),
      ...dimensions.map((n) => Uint8Array.of(0, 0, n >> 8, n & 255)),
      values,
    ]);
  await writeFile(
    join(folder, "few-images-idx3-ubyte"),
    idx([COUNT, 8, 8], dequantise(pixels, digits.levels)),
  );
  await writeFile(
    join(folder, "few-labels-idx1-ubyte"),
    idx([COUNT], Uint8Array.from(digits.labels!.subarray(0, COUNT))),
  );
  for (const [run, model] of [
    ["a", "--model gan --width 2 --latents 2"],
    ["b", "--width 2 --depth 1"],
  ]) {
    const train = `train few-images-idx3-ubyte --out ${run} --steps 2 --batch 4 --levels 17 --threads 1 --json`;
    jsonOf(await cli(`${train} ${model}`));
  }
});
afterAll(() => rm(folder, { recursive: true }));

test("compare writes a report and its page, and says how it goes", async () => {
  const { stdout, stderr, code } = await cli("compare a b --samples 110 --threads 1 --out report/");
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^compared 2 runs in \d+ s: report\/index.html\n$/);
  for (const line of [
    "training the classifier",
    "drawing a",
    "measuring a",
    "scoring b",
    "measuring the controls",
  ])
    expect(stderr).toContain(`${line}\n`);
  expect((await readdir(join(folder, "report"))).sort()).toEqual(["index.html", "report.json"]);
  const report = await reportIn("report");
  expect(report).toMatchObject({
    format: 1,
    samples: 110,
    data: { trainingPictures: 225, heldOutPictures: 25 },
  });
  expect(report.rows.map(({ name }: { name: string }) => name).slice(0, 2)).toEqual(["a", "b"]);
  expect(await readFile(join(folder, "report/index.html"), "utf8")).toContain("<!doctype html>");

  // Again into the same folder, as JSON, and the same classifier and figures of what is drawn.
  const again = jsonOf(await cli("compare a b --samples 110 --threads 1 --out report --json"));
  expect(again).toMatchObject({
    runs: ["a", "b"],
    out: "report",
    report: "report/report.json",
    page: "report/index.html",
  });
  const { classifier, rows } = await reportIn("report");
  expect(classifier).toEqual(report.classifier);
  const { coverage, kernelDistance } = report.rows[0].values;
  expect(rows[0].values).toMatchObject({ coverage, kernelDistance });
});

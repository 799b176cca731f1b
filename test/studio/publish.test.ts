import { access, cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { openSampler } from "../../src/browser.ts";
import { publish, type Published } from "../../src/studio/publish.ts";
import type { PublishedRun } from "../../src/studio/site.ts";
import { sample } from "../../src/tasks/sample.ts";
import { collect } from "../../src/programs/drawn-pictures.ts";
import { RUNTIME_VERSION, webRuntimeFiles } from "../../src/studio/web-runtime.ts";
import { jsonOf } from "../cli/run-cli.ts";
import { runHere } from "../cli/run-here.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { DIGITS, trainedOnColours, trainedWithField } from "./runs.ts";

const MAX_BYTES = 300_000;

let folder: string;
let colours: string;
let site: string;
let published: Published;
beforeAll(async () => {
  folder = await temporaryFolder();
  colours = await trainedOnColours();
  site = join(folder, "site");
  published = await publish([colours, DIGITS], site);
});

const filesIn = async (path: string) =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test("a site has the page and the runs, and is small", async () => {
  const files = await filesIn(site);
  const names = files.map((file) => file.slice(site.length + 1));
  expect(names.filter((name) => !name.startsWith("shared-")).sort()).toEqual([
    "icon.svg",
    "index.html",
    "licences.txt",
    "runs.json",
    "runs/colours/best.safetensors",
    "runs/colours/config.json",
    "runs/run-of-format-1/best.safetensors",
    "runs/run-of-format-1/config.json",
    "studio-worker.js",
    "studio.css",
    "studio.js",
    "web-worker.js",
  ]);
  const sizes = await Promise.all(files.map(async (file) => (await readFile(file)).length));
  expect(published).toMatchObject({ site, files: files.length });
  expect(published.bytes).toBe(sizes.reduce((total, size) => total + size));
  expect(published.bytesWithoutWeights).toBeLessThan(MAX_BYTES);
});

test("nothing on it tells where files were, or asks another place for anything", async () => {
  for (const file of await filesIn(site)) {
    const text = await readFile(file, "latin1");
    expect(text).not.toMatch(/secret-pictures|nextpixel-data-/);
    expect(text).not.toContain(process.cwd());
    if (!/\.(js|css|html)$/.test(file)) continue;
    // Names of XML's languages are no addresses.
    expect(text.replaceAll("http://www.w3.org/", "")).not.toMatch(/https?:\/\/[a-z]/);
  }
});

test("its page allows no script or style but its own files", async () => {
  const html = await readFile(join(site, "index.html"), "utf8");
  expect(html).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';");
  expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son[a-z]+=/);
});

test("its runs draw what the runs draw, with the averaged weights alone", async () => {
  const path = join(site, "runs/colours");
  const config = JSON.parse(await readFile(join(path, "config.json"), "utf8"));
  expect(Object.keys(config)).toEqual(["format", "family", "network"]);
  const sampler = openSampler(config, await readFile(join(path, "best.safetensors")), { workers: 1 });
  const { pictures } = await collect(sampler, { count: 2, seed: 4 });
  const drawn = await sample(await loadSavedModel(colours), { count: 2, seed: 4, workers: 1 });
  expect(pictures).toEqual(drawn.pictures);
});

test("a site is replaced by another, without the runs that it had", async () => {
  const other = join(folder, "other");
  await publish([colours, DIGITS], other);
  // The bundler names what files of the page share by its content: another version's are called otherwise.
  const ofAnotherVersion = join(other, "shared-ABCD1234.js");
  await writeFile(ofAnotherVersion, "");
  const again = await publish([DIGITS, DIGITS], other);
  await expect(access(ofAnotherVersion)).rejects.toThrow("ENOENT");
  expect(again.runs.map((run) => run.folder)).toEqual(["run-of-format-1", "run-of-format-1-2"]);
  expect((await readdir(join(other, "runs"))).sort()).toEqual(["run-of-format-1", "run-of-format-1-2"]);
});

test.each(["notes.md", "runs/mine/notes.md", "runs/run-of-format-1/metrics.jsonl"])(
  "a folder with %s is refused, and left as it is",
  async (path) => {
    const taken = join(folder, `with ${path.replaceAll("/", " ")}`);
    await cp(site, taken, { recursive: true });
    await mkdir(join(taken, "runs/mine"), { recursive: true });
    await writeFile(join(taken, path), "mine");
    const before = await filesIn(taken);
    await expect(publish([DIGITS], taken)).rejects.toMatchObject({ code: "EXISTS" });
    expect(await filesIn(taken)).toEqual(before);
  },
);

test("a folder of runs is not taken for a site", async () => {
  const work = join(folder, "work");
  await cp(DIGITS, join(work, "runs/run-of-format-1"), { recursive: true });
  await expect(publish([join(work, "runs/run-of-format-1")], work)).rejects.toThrow(/such as "runs"/);
});

test.each([
  ["a run that is not there", ["nowhere"], /nowhere/],
  ["a report that is none", ["--report", "report.json", DIGITS], /report.json: .*data/],
  ["no report", ["--report", "no.json", DIGITS], /no.json/],
])("given %s, says so before anything is written", async (_, paths, message) => {
  await writeFile(join(folder, "report.json"), "{}");
  const { code, stderr } = await runHere(["publish", ...paths, "none"], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect(await readdir(folder)).not.toContain("none");
});

test("a run that draws coarse to fine is refused, and the command that draws with it named", async () => {
  const run = await trainedWithField({ coarseToFine: 1 });
  const refused = join(folder, "refused");
  await expect(publish([run], refused)).rejects.toMatchObject({
    code: "ARGUMENT",
    message: expect.stringMatching(/with-field cannot be published: .* as nextpixel sample does"$/),
  });
  expect(await readdir(folder)).not.toContain("refused");
});

test("without ONNX Runtime for browsers, or with another version, it says how to install it", async () => {
  const from = join(folder, "project/here.js");
  const other = join(folder, "project/node_modules/onnxruntime-web");
  const failure = webRuntimeFiles([from]);
  await expect(failure).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(failure).rejects.toThrow(/received none: npm install onnxruntime-web@1\.30\.0/);
  await mkdir(join(other, "dist"), { recursive: true });
  await writeFile(join(other, "dist/ort-wasm-simd-threaded.wasm"), "");
  const exports = { "./ort-wasm-simd-threaded.wasm": "./dist/ort-wasm-simd-threaded.wasm" };
  await writeFile(
    join(other, "package.json"),
    JSON.stringify({ name: "onnxruntime-web", version: "1.2.3", exports }),
  );
  await expect(webRuntimeFiles([from])).rejects.toThrow(/received version 1\.2\.3: npm install/);
});

test("pages are tested with the runtime's version of the command line", async () => {
  const { dependencies, devDependencies, peerDependencies } = JSON.parse(
    await readFile(join(import.meta.dirname, "../../package.json"), "utf8"),
  );
  expect([dependencies["onnxruntime-node"], devDependencies["onnxruntime-web"]]).toEqual([
    RUNTIME_VERSION,
    RUNTIME_VERSION,
  ]);
  expect(peerDependencies["onnxruntime-web"]).toBe(RUNTIME_VERSION);
});

test("the demo page has less than 1 MB in all, and its networks draw", async () => {
  const demo = join(import.meta.dirname, "../../docs/demo");
  const sizes = await Promise.all((await filesIn(demo)).map(async (file) => (await readFile(file)).length));
  expect(sizes.reduce((total, size) => total + size)).toBeLessThan(1_000_000);
  const runs = JSON.parse(await readFile(join(demo, "runs.json"), "utf8")) as PublishedRun[];
  expect(runs.map((run) => run.folder)).toEqual(["gated-pixelcnn", "pixelsnail"]);
  for (const run of runs) {
    const path = join(demo, "runs", run.folder);
    const config = JSON.parse(await readFile(join(path, "config.json"), "utf8"));
    const sampler = openSampler(config, await readFile(join(path, "best.safetensors")), { workers: 1 });
    const { nats } = await collect(sampler, { count: 8 });
    // Networks that have learned nothing need twice as many.
    expect(nats!.reduce((sum, one) => sum + one / 8, 0)).toBeLessThan(100);
  }
});

test("the command line publishes", async () => {
  const said = await runHere(["publish", DIGITS, "by-command", "--json"], { cwd: folder });
  expect(jsonOf(said)).toMatchObject({ site: "by-command", runs: [{ folder: "run-of-format-1", step: 8 }] });
  expect((await runHere(["publish", DIGITS], { cwd: folder })).stderr).toMatch(
    /^error: expected one or more/,
  );
});

// The package as others get it: packed, installed into an empty project, and used from there.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { pngFiles } from "../cli/picture-files.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAX_UNPACKED = 3_000_000;
const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const STRICT = ["--strict", "--exactOptionalPropertyTypes", "--target", "ES2023", "--skipLibCheck", "false"];

const PROGRAM = `
import { ImageModel, NextpixelError, train, type TrainEvent } from "nextpixel";
import { openSampler, type Sampler } from "nextpixel/browser";

const metrics: number[] = [];
const onEvent = (event: TrainEvent) => {
  if (event.type === "metrics") metrics.push(event.train["nats"]!);
};
const sizes = { width: 2, depth: 1 };
const { step } = await train({ dataset: "digits", out: "library", steps: 2, batch: 4, sizes }, { onEvent });
const model = await ImageModel.load("library");
const { pictures } = await model.sample({ count: 2, seed: 1 });
const error: unknown = await ImageModel.load("nowhere").catch((cause: unknown) => cause);
const code = error instanceof NextpixelError ? error.code : "none";
const open: (...args: Parameters<typeof openSampler>) => Sampler = openSampler;
console.log(step, metrics.length, model.levels, pictures.length, code, typeof open);
`;

let project: string;
let packed: {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
};

/** What a program prints in the project. Throws everything that it has said if it fails. */
function run(program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: project, env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
    });
  });
}

beforeAll(async () => {
  project = await temporaryFolder({
    "package.json": JSON.stringify({ name: "empty", private: true, type: "module" }),
    ...(await pngFiles("pictures", 12, 6, 6)),
    "program.ts": PROGRAM,
  });
  // dist/ is that of the sources already: built before all tests.
  const pack = await run("npm", "pack", ROOT, "--ignore-scripts", "--json");
  [packed] = JSON.parse(pack) as [typeof packed];
  await run("npm", "install", packed.filename, "--prefer-offline", "--no-audit", "--no-fund");
}, 300_000);

test("holds what is needed and nothing else, in less than 3 MB", () => {
  expect(packed.unpackedSize).toBeLessThan(MAX_UNPACKED);
  const paths = packed.files.map(({ path }) => path);
  const rooms = new Set(paths.map((path) => path.split("/")[0]));
  expect([...rooms].sort()).toEqual([
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "datasets",
    "dist",
    "docs",
    "examples",
    "package.json",
    "recipes",
  ]);
  // The digits of the demo are the only data set, a tenth of a megabyte.
  expect(paths.filter((path) => /^datasets\/(?!digits8-|README\.md$)/.test(path))).toEqual([]);
  expect(paths.filter((path) => /test\.|\.map$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
});

test("its command line trains, draws and scores", async () => {
  expect(await run("npx", "--no", "--", "nextpixel", "--help")).toMatch(/^Usage: nextpixel/);
  const nextpixel = (...args: string[]) => run("node_modules/.bin/nextpixel", ...args, "--json");
  const sizes = ["--steps", "3", "--batch", "4", "--width", "2", "--depth", "1", "--shares", "2"];
  const trained = await nextpixel("train", "pictures", "--out", "run", "--levels", "4", ...sizes);
  expect(JSON.parse(trained)).toMatchObject({ run: "run", step: 3 });
  const drawn = await nextpixel("sample", "run", "--count", "2", "--out", "drawn.png");
  expect(JSON.parse(drawn)).toMatchObject({ count: 2 });
  const scored = await nextpixel("score", "run", "pictures", "--limit", "3");
  expect(JSON.parse(scored)).toMatchObject({ images: 3 });
});

test("its library compiles into a strict TypeScript program, and runs", async () => {
  const compile = (...args: string[]) => run(process.execPath, TSC, "program.ts", ...STRICT, ...args);
  await compile("--module", "esnext", "--moduleResolution", "bundler", "--noEmit");
  await compile("--module", "nodenext", "--moduleResolution", "nodenext");
  expect(await run(process.execPath, "program.js")).toBe("2 2 17 128 NOT_FOUND function\n");
});

import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { partOf } from "../../src/cli/part-option.ts";
import type { RunConfig } from "../../src/run/config.ts";
import { picturesOf } from "../../src/tasks/part-of-work.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { runWithFirstWeights } from "../run/run-with-first-weights.ts";
import { TINY_VAE_CONFIG } from "../run/tiny-config.ts";
import { jsonOf } from "./run-cli.ts";
import { runHere } from "./run-here.ts";

/** Class-conditional, of digits. */
const RUN = join(import.meta.dirname, "../fixtures/run-of-format-1");

const VAE: RunConfig = {
  ...TINY_VAE_CONFIG,
  network: {
    ...TINY_VAE_CONFIG.network,
    likelihood: "categorical",
    levels: 17,
    size: { channels: 1, rows: 8, cols: 8 },
  },
};

let folder: string;
let vae: string;
const cli = (line: string, env: Readonly<Record<string, string>> = {}) =>
  runHere(line.split(" "), { cwd: folder, env });
const json = async (line: string) => jsonOf(await cli(`${line} --json`));
const errorOf = async (line: string) => {
  const { code, stderr } = await cli(line);
  expect(code).toBe(1);
  return stderr;
};

/** What is at a path: the bytes of a file, or those of the files in a folder. */
async function contentOf(path: string): Promise<unknown> {
  const names = await readdir(join(folder, path)).catch(() => undefined);
  if (names === undefined) return readFile(join(folder, path));
  const files = await Promise.all(names.map((name) => readFile(join(folder, path, name))));
  return Object.fromEntries(names.map((name, i) => [name, files[i]]));
}

beforeAll(async () => {
  folder = await temporaryFolder();
  vae = await runWithFirstWeights(VAE);
});

describe("the parts of two processes become what one writes, to the last byte, of", () => {
  const tests: readonly (readonly [command: string, line: () => string, flag: string, out: string])[] = [
    [
      "pictures in a folder",
      () => `sample ${RUN} --count 11 --seed 4 --temperature 0.8 --workers 1`,
      "--out",
      "drawn",
    ],
    [
      "pictures in one file, of a few classes",
      () => `sample ${RUN} --count 8 --class 3 --class 5 --workers 1`,
      "--out",
      "drawn.png",
    ],
    ["pictures of a VAE", () => `sample ${vae} --count 35 --seed 2 --workers 1`, "--out", "vae-drawn.png"],
    ["scores", () => `score ${RUN} digits:test --limit 130 --threads 1`, "--per-image", "scores.jsonl"],
    ["scores of pixels", () => `score ${RUN} digits:test --limit 130 --threads 1`, "--per-pixel", "nats.npy"],
    [
      "classes",
      () => `score ${RUN} digits:test --limit 80 --classify --threads 1`,
      "--per-image",
      "classes.jsonl",
    ],
    [
      "bounds",
      () => `score ${vae} digits:test --limit 20 --importance-samples 12 --threads 1`,
      "--per-image",
      "bounds.jsonl",
    ],
    ["latents", () => `embed ${vae} digits:test --limit 40`, "--out", "latents.npy"],
    ["reconstructions", () => `reconstruct ${vae} digits:test --limit 40`, "--out", "made.png"],
    [
      "completions",
      () => `complete ${RUN} digits:test --limit 5 --count 3 --rows 5 --workers 1`,
      "--out",
      "completed.png",
    ],
    [
      "completions of one class",
      () => `complete ${RUN} digits:test --limit 4 --count 1 --class 2 --workers 1`,
      "--out",
      "twos",
    ],
  ];
  test.each(tests)("%s", async (_name, lineOf, flag, out) => {
    const line = lineOf();
    const whole = await json(`${line} ${flag} ${out}`);
    const files: string[] = [];
    for (const index of [1, 2]) {
      const told = await json(`${line} ${flag} joined-${out} --part ${index}/2`);
      expect(told).toMatchObject({ part: `${index}/2`, file: `joined-${out}.part-${index}-of-2` });
      files.unshift(String(told["file"]));
    }
    const merged = await json(`merge ${files.join(" ")} --out joined-${out}`);
    expect(await contentOf(`joined-${out}`)).toEqual(await contentOf(out));
    const { nllNats, images, accuracy, classes } = whole;
    expect(merged).toMatchObject(JSON.parse(JSON.stringify({ nllNats, images, accuracy, classes })));
  });
});

describe("merge refuses", () => {
  const part = (index: number, of: number, others = "--seed 1", out = "p") =>
    json(`sample ${RUN} --count 6 --workers 1 ${others} --out ${out} --part ${index}/${of}`);
  beforeAll(async () => {
    for (const index of [1, 2, 3]) await part(index, 3);
    await part(2, 3, "--seed 2", "seed");
    await part(2, 3, "--checkpoint last", "run");
    await part(2, 4, "--seed 1", "four");
    await part(2, 3, "--seed 1 --class 4", "class");
    await json(`score ${RUN} digits:test --limit 150 --threads 1 --per-image s --part 2/2`);
    await copyFile(join(folder, "p.part-2-of-3"), join(folder, "again"));
    const bytes = await readFile(join(folder, "p.part-3-of-3"));
    bytes[bytes.length - 9]! ^= 1;
    await writeFile(join(folder, "damaged"), bytes);
    await writeFile(join(folder, "cut"), bytes.subarray(0, 20));
  });
  const [one, two, three] = [1, 2, 3].map((index) => `p.part-${index}-of-3`);
  test.each([
    ["a gap", `${one} ${three}`, "received none with the number 2 of 3"],
    ["gaps", `${two}`, "received none with the number 1, 3 of 3"],
    ["a part that is there twice", `${one} ${two} ${three} again`, "received part 2 of 3 twice"],
    ["another seed", `${one} seed.part-2-of-3 ${three}`, "with seed 1 and seed.part-2-of-3 with 2"],
    ["another model", `${one} run.part-2-of-3 ${three}`, "with model"],
    ["other classes", `${one} class.part-2-of-3 ${three}`, "with classes"],
    ["another division", `${one} four.part-2-of-4 ${three}`, "with number of parts"],
    ["another command", `${one} s.part-2-of-2`, "with task"],
    ["a damaged part", `${one} ${two} damaged`, "damaged: expected content of the SHA-256"],
    ["half a part", `${one} ${two} cut`, "cut: expected what --part has written"],
    ["what is no part", `${RUN}/config.json`, "config.json: expected what --part has written"],
    ["what is not there", "nowhere", "cannot read nowhere"],
  ])("%s", async (_name, files, message) => {
    expect(await errorOf(`merge ${files} --out none`)).toContain(message);
    expect(await readdir(folder)).not.toContain("none");
  });

  test("names of other files than the parts can become", async () => {
    await json(`score ${RUN} digits:test --limit 5 --threads 1 --per-image t --part 1/1`);
    expect(await errorOf("merge t.part-1-of-1 --out t.npy")).toContain(
      "expected parts that were scored with --per-pixel",
    );
    expect((await cli("merge t.part-1-of-1")).stdout).toMatch(
      /^merged 1 parts: 5 pictures: [\d.]+ ± [\d.]+ nats/,
    );
  });
});

test.each([
  [`sample ${RUN} --count 2 --part 1/3`, "expected at most 2 parts for 2 pictures, received 3"],
  [
    `score ${RUN} digits:test --limit 65 --per-image x --part 1/3`,
    "expected at most 2 parts for 65 pictures, of which 64 stay together,",
  ],
  [`score ${RUN} digits:test --part 1/2`, "--part goes with --per-image or --per-pixel"],
  [`sample ${RUN} --part 3/2`, "expected a whole number from 1 to 2 for --part, received 3"],
  [`sample ${RUN} --part 2`, 'expected i/n, such as 2/4, or auto or auto/n for --part, received "2"'],
  [`sample ${RUN} --part 1/2 --animate x.gif`, "cannot be used with option '--part"],
])("%s is refused", async (line, message) => {
  expect(await errorOf(line)).toContain(message);
});

test.each([1, 2, 3, 7, 16])("the pictures of %d parts are all, in order, in whole groups", (of) => {
  for (const together of [1, 4, 5]) {
    let next = 0;
    for (let index = 1; index <= of; index++) {
      const { first, count } = picturesOf({ index, of }, 77, together);
      expect(first).toBe(next);
      expect(first % together).toBe(0);
      expect(count).toBeGreaterThan(0);
      expect(Math.abs(count - 77 / of)).toBeLessThan(2 * together);
      next += count;
    }
    expect(next).toBe(77);
  }
});

describe("--part auto", () => {
  const slurm = (id: number, min: number, max: number, count: number) =>
    Object.fromEntries(
      Object.entries({ ID: id, MIN: min, MAX: max, COUNT: count }).map(([name, value]) => [
        `SLURM_ARRAY_TASK_${name}`,
        `${value}`,
      ]),
    );
  const mpi = { OMPI_COMM_WORLD_RANK: "2", OMPI_COMM_WORLD_SIZE: "4" };
  test.each([
    ["auto", slurm(0, 0, 7, 8), { index: 1, of: 8 }],
    ["auto", slurm(8, 1, 8, 8), { index: 8, of: 8 }],
    ["auto", slurm(20, 10, 40, 4), { index: 2, of: 4 }],
    ["auto/1", slurm(5, 5, 5, 1), { index: 1, of: 1 }],
    ["auto", mpi, { index: 3, of: 4 }],
    ["auto/4", mpi, { index: 3, of: 4 }],
    ["auto", { PMI_RANK: "0", PMI_SIZE: "2" }, { index: 1, of: 2 }],
    ["auto", { PMI_RANK: "0", PMI_SIZE: "1", ...slurm(2, 1, 3, 3) }, { index: 2, of: 3 }],
    ["auto/6", { PARALLEL_SEQ: "6" }, { index: 6, of: 6 }],
    ["5/9", mpi, { index: 5, of: 9 }],
  ] as const)("%s with %j is %j", (text, environment, part) => {
    expect(partOf(text, environment)).toEqual(part);
  });
  test.each([
    ["auto", {}, "expected a job of a Slurm array, Open MPI, MPICH, GNU parallel for --part, received none"],
    ["auto", { PARALLEL_SEQ: "1" }, "GNU parallel, which does not tell the number of jobs"],
    ["auto/5", { PARALLEL_SEQ: "6" }, "expected a number from 1 to 5 for --part, received 6"],
    ["auto/5", mpi, "expected auto/4, as Open MPI says, for --part, received auto/5"],
    ["auto", slurm(2, 1, 7, 3), "expected an array with equal steps"],
    ["auto", { SLURM_ARRAY_TASK_ID: "1" }, "expected an array with equal steps"],
    ["auto", { ...mpi, ...slurm(1, 1, 2, 2) }, "received a Slurm array and Open MPI: name the part as i/n"],
    ["auto/0", mpi, "from 1 to 65536"],
    ["0/3", mpi, "from 1 to 3"],
    ["/3", mpi, "expected i/n"],
    ["1/3/5", mpi, "expected i/n"],
    ["-1/3", mpi, "expected i/n"],
  ] as const)("%s with %j is refused", (text, environment, message) => {
    expect(() => partOf(text, environment)).toThrow(message);
  });
});

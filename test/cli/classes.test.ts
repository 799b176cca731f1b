import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { beforeAll, describe, expect, test } from "vitest";
import { openDataset } from "../../src/data/open.ts";
import { textsOf } from "../pictures/png-texts.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { pngFile } from "./picture-files.ts";
import { jsonOf, runCli } from "./run-cli.ts";

const DIGITS = Array.from({ length: 10 }, (_, k) => String(k));
const TINY = ["--steps", "4", "--batch", "4", "--width", "2", "--depth", "1", "--threads", "1"];

let folder: string;
const cli = (...args: string[]) => runCli(args, { cwd: folder });
const json = async (...args: string[]) => jsonOf(await cli(...args, "--json"));
const line = async (...args: string[]) => (await cli(...args)).stderr;
const pngOf = async (name: string) => decode(await readFile(join(folder, name)));
const configOf = async (run: string) =>
  JSON.parse(await readFile(join(folder, run, "config.json"), "utf8")) as {
    network: { classes?: { name: string; pictures: number }[] };
  };
const linesOf = async (name: string) =>
  (await readFile(join(folder, name), "utf8"))
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text) as Record<string, unknown>);

beforeAll(async () => {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 12; i++)
    files[`animals/${["cat", "dog", "emu"][i % 3]}/${i}.png`] = await pngFile(i, 6, 6);
  for (let i = 0; i < 4; i++) files[`plain/${i}.png`] = await pngFile(i, 6, 6);
  folder = await temporaryFolder(files);
  const sizes = ["--width", "8", "--depth", "2", "--batch", "16", "--steps", "250", "--lr", "1e-2"];
  const digits = ["train", "digits", "--out", "digits", "--class-conditional", "--eval-every", "250"];
  expect((await cli(...digits, ...sizes)).code).toBe(0);
  const animals = ["train", "animals", "--out", "animals-run", "--class-conditional", "--levels", "4"];
  expect((await cli(...animals, ...TINY)).code).toBe(0);
  expect((await cli("train", "digits", "--out", "without", ...TINY)).code).toBe(0);
});

describe("train --class-conditional", () => {
  test("keeps the names of the classes, and how many training pictures are of each", async () => {
    const { classes } = (await configOf("digits")).network;
    expect(classes!.map(({ name }) => name)).toEqual(DIGITS);
    const { labels } = await openDataset("digits");
    const all = DIGITS.map((_, k) => labels!.filter((label) => label === k).length);
    const total = classes!.reduce((sum, { pictures }) => sum + pictures, 0);
    expect(total).toBe(labels!.length - Math.round(labels!.length / 10));
    classes!.forEach(({ pictures }, k) => {
      expect(pictures).toBeLessThanOrEqual(all[k]!);
      expect(pictures).toBeGreaterThan(0.7 * all[k]!);
    });
    expect((await configOf("animals-run")).network.classes!.map(({ name }) => name)).toEqual([
      "cat",
      "dog",
      "emu",
    ]);
    expect((await configOf("without")).network).not.toHaveProperty("classes");
  });

  test("needs labels, and says how to give them", async () => {
    expect(
      await line("train", "plain", "--out", "x", "--class-conditional", "--valid-fraction", "0.5", ...TINY),
    ).toMatch(/^error: expected labels for the pictures of "plain", received none: .*sub-folder.*\n$/);
    const valid = ["--valid", "plain"];
    expect(await line("train", "animals", "--out", "x", "--class-conditional", ...valid, ...TINY)).toMatch(
      /^error: expected labels for the pictures of "plain"/,
    );
  });

  test("keeps what has to be whole", async () => {
    const text = await readFile(join(folder, "animals-run/config.json"), "utf8");
    const { network, ...rest } = JSON.parse(text) as { network: object };
    for (const classes of [[], ["cat"], [{ name: "cat" }], [{ name: "cat", pictures: -1 }]]) {
      await writeFile(
        join(folder, "animals-run/config.json"),
        JSON.stringify({ ...rest, network: { ...network, classes } }),
      );
      expect(await line("info", "animals-run")).toMatch(
        /^error: animals-run\/config\.json: network\.classes.*: .*\n$/,
      );
    }
    await writeFile(join(folder, "animals-run/config.json"), text);
    expect((await cli("info", "animals-run")).code).toBe(0);
  });

  test("shows in info", async () => {
    expect((await cli("info", "digits")).stdout).toContain("10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9\n");
    expect((await cli("info", "without")).stdout).not.toContain("classes");
    expect(await json("info", "animals-run")).toMatchObject({
      classes: [{ name: "cat" }, { name: "dog" }, { name: "emu" }],
    });
  });
});

describe("sample", () => {
  test("draws all classes in turn, a column each", async () => {
    const drawn = await json("sample", "digits", "--count", "20", "--out", "all.png");
    expect(drawn).toMatchObject({ count: 20, classes: DIGITS });
    const { width, height, text } = await pngOf("all.png");
    expect([width, height]).toEqual([10 * 64 + 9 * 2, 2 * 64 + 2]);
    expect(JSON.parse(text!["nextpixel"]!)).toMatchObject({ classes: DIGITS });
  });

  test("--class draws one class, by its name or its number, the same as in its turn", async () => {
    const all = await json("sample", "digits", "--count", "10", "--out", "all.png");
    const own = await json("sample", "digits", "--count", "10", "--class", "3", "--out", "threes.png");
    expect(own).toMatchObject({ classes: ["3"] });
    const nats = (drawn: Record<string, unknown>) => drawn["nllNats"] as number[];
    expect(nats(own)[3]).toBe(nats(all)[3]);
    expect(nats(own)[4]).not.toBe(nats(all)[4]);

    const name = await json("sample", "animals-run", "--class", "dog", "--class", "cat", "--out", "dogs.png");
    const number = await json("sample", "animals-run", "--class", "1", "--class", "0", "--out", "dogs.png");
    expect(name).toMatchObject({ classes: ["dog", "cat"] });
    expect(number["nllNats"]).toEqual(name["nllNats"]);
  });

  test("--class of a class that there is not, or of a model without classes", async () => {
    expect(await line("sample", "animals-run", "--class", "yak")).toBe(
      'error: expected one of cat, dog, emu (or their numbers, from 0) for the class, received "yak"\n',
    );
    expect(await line("sample", "without", "--class", "3")).toMatch(
      /^error: expected a model that knows classes/,
    );
    expect((await json("sample", "without", "--count", "1"))["classes"]).toBeUndefined();
  });
});

test("classes may have names in any writing, everywhere that names go", async () => {
  const names = ["emu\u0308", "Кошка", "نمر", "猫", "🐈"];
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 20; i++) files[`${names[i % 5]}/${i}.png`] = await pngFile(i, 6, 6);
  const pictures = await temporaryFolder(files);
  const options = ["--class-conditional", "--levels", "4", ...TINY];
  const trained = await cli("train", pictures, "--out", "прогон-猫", ...options);
  expect(trained.stderr).not.toContain("error");
  expect(trained.code).toBe(0);
  expect((await cli("info", "прогон-猫")).stdout).toContain(`5 classes: ${names.join(", ")}`);

  const drawn = await json("sample", "прогон-猫", "--count", "5", "--out", "все-猫.png");
  expect(drawn).toMatchObject({ classes: names, out: "все-猫.png" });
  const { nextpixel } = textsOf(await readFile(join(folder, "все-猫.png")));
  expect(JSON.parse(nextpixel!)).toMatchObject({ classes: names });

  // As it is typed: composed, while the folder's name is decomposed.
  const typed = ["--class", "猫", "--class", names[0]!.normalize("NFC")];
  const own = await json("sample", "прогон-猫", "--count", "2", ...typed, "--out", "目录");
  expect(own["classes"]).toEqual(["猫", names[0]]);
  expect(await readdir(join(folder, "目录"))).toEqual(["0.png", "1.png"]);
  expect(await line("sample", "прогон-猫", "--class", "犬")).toBe(
    `error: expected one of ${names.join(", ")} (or their numbers, from 0) for the class, received "犬"\n`,
  );

  const scored = ["score", "прогон-猫", pictures, "--classify", "--per-image", "оценки.jsonl"];
  expect(await json(...scored)).toMatchObject({ images: 20 });
  for (const one of await linesOf("оценки.jsonl")) expect(names).toContain(one["class"]);
});

describe("score", () => {
  const LIMIT = ["--limit", "300"];

  test("takes the pictures' classes as given, or sums them out and tells how often the likeliest is right", async () => {
    const given = await json("score", "digits", "digits:test", ...LIMIT);
    const per = ["--per-image", "classes.jsonl", "--per-pixel", "classes.npy"];
    const out = await json("score", "digits", "digits:test", ...LIMIT, "--classify", ...per);
    expect(given).toMatchObject({ images: 300, classes: "given" });
    expect(given).not.toHaveProperty("accuracy");
    expect(out).toMatchObject({ images: 300, classes: "summed out" });
    // A guess would be right one time in ten.
    expect(out["accuracy"]).toBeGreaterThan(0.5);
    expect(out["nllNats"]).toBeGreaterThan(given["nllNats"] as number);

    const lines = await linesOf("classes.jsonl");
    const { labels } = await openDataset("digits:test");
    const right = lines.filter((one, i) => one["class"] === String(labels![i])).length;
    expect(right / 300).toBe(out["accuracy"]);
    for (const one of lines) {
      expect(one["classProbability"]).toBeGreaterThanOrEqual(0.1);
      expect(one["classProbability"]).toBeLessThanOrEqual(1);
    }
    const mean = lines.reduce((sum, one) => sum + (one["nllNats"] as number) / 300, 0);
    expect(mean).toBeCloseTo(out["nllNats"] as number, 9);

    expect((await cli("score", "digits", "digits:test", ...LIMIT, "--classify")).stdout).toMatch(
      /^300 pictures: .* bits\/dim, classes summed out: \d+\.\d\d % of 300 classified correctly\n$/,
    );
    expect((await cli("score", "digits", "digits:test", ...LIMIT)).stdout).toMatch(
      /bits\/dim, given their classes\n$/,
    );
  });

  test("sums classes out where there are no labels", async () => {
    const scored = await json("score", "animals-run", "plain", "--per-image", "plain.jsonl");
    expect(scored).toMatchObject({ images: 4, classes: "summed out" });
    expect(scored).not.toHaveProperty("accuracy");
    expect(
      (await linesOf("plain.jsonl")).every((one) => ["cat", "dog", "emu"].includes(one["class"] as string)),
    ).toBe(true);
    expect((await cli("score", "animals-run", "plain")).stdout).toMatch(/bits\/dim, classes summed out\n$/);
  });

  test("--classify needs a model that knows classes", async () => {
    expect(await line("score", "without", "digits:test", "--classify")).toMatch(
      /^error: expected a model that knows classes to classify, .*--class-conditional/,
    );
  });
});

test("complete draws of the pictures' own classes, or of those asked for", async () => {
  const { labels } = await openDataset("digits:test");
  const run = ["complete", "digits", "digits:test", "--limit", "2", "--count", "1", "--rows", "3"];
  const natsOf = async (...more: string[]) => (await json(...run, ...more))["nllNats"] as number[][];
  const own = await natsOf();
  const [first, second] = [String(labels![0]), String(labels![1])];
  expect(first).not.toBe(second);
  expect(await natsOf("--class", first, "--class", second)).toEqual(own);
  const other = await natsOf("--class", second);
  expect(other[0]).not.toEqual(own[0]);
  expect(other[1]).toEqual(own[1]);
  expect(await line(...run, "--class", "ten")).toMatch(/^error: expected one of 0, 1, .* received "ten"/);
});

import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { png, serveHub, table } from "../data/hub/hub-server.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { serveFiles } from "../fetch/server.ts";
import { jsonOf, runCli } from "./run-cli.ts";

const TINY = ["--steps", "2", "--batch", "2", "--width", "2", "--depth", "1", "--threads", "1"];
const NO_NETWORK = "http://127.0.0.1:9";

test("train, score and complete take data sets by name, with downloads on stderr", async () => {
  const pictures = await Promise.all([0, 50, 100, 150, 200, 250].map((value) => png(value, 4, 4)));
  const train = table(pictures, { labels: [0, 1, 0, 1, 0, 1], classNames: ["even", "odd"] });
  const hub = await serveHub({ default: { train: [train], test: [table(pictures.slice(0, 2))] } });
  const folder = await temporaryFolder();
  const cli = (endpoint: string, ...args: string[]) =>
    runCli([...args, "--json"], { cwd: folder, env: { HF_ENDPOINT: endpoint, NEXTPIXEL_CACHE: "cache" } });
  const trained = await cli(hub.url, "train", "hf:me/tiny", "--out", "run", "--class-conditional", ...TINY);
  jsonOf(trained);
  const file = join("cache/hf/me/tiny/default/train/0000.parquet");
  expect(trained.stderr).toMatch(
    /^downloading http:\/\/127.0.0.1:\d+\/datasets\/me\/tiny\/resolve\/refs%2Fconvert%2Fparquet\/default\/train\/0000.parquet \(0\.0 MB\) to /,
  );
  expect(trained.stderr).toContain(` to ${file}\n`);
  expect(existsSync(join(folder, "cache/hf-unpacked/me/tiny/default/train"))).toBe(true);

  expect(jsonOf(await cli(hub.url, "score", "run", "hf:me/tiny:test"))).toMatchObject({
    dataset: "hf:me/tiny:test",
    images: 2,
  });
  const completed = await cli(NO_NETWORK, "complete", "run", "hf:me/tiny", "--limit", "1", "--count", "1");
  expect(jsonOf(completed)).toMatchObject({ dataset: "hf:me/tiny", pictures: 1 });
  expect(completed.stderr).toBe("");
});

test("two processes that need the same data set at once both get it", async () => {
  const hub = await serveHub({
    default: { train: [table(await Promise.all([1, 2, 3, 4, 5, 6].map((v) => png(v, 4, 4))))] },
  });
  const folder = await temporaryFolder();
  const env = { HF_ENDPOINT: hub.url, NEXTPIXEL_CACHE: "cache" };
  const train = (out: string) =>
    runCli(["train", "hf:me/tiny", "--out", out, "--json", ...TINY], { cwd: folder, env });
  const trained = (await Promise.all([train("a"), train("b")])).map(jsonOf);
  expect(trained.map(({ valid }) => valid)).toEqual([
    { nats: expect.any(Number), bitsPerDim: expect.any(Number) },
    trained[0]!["valid"],
  ]);
  const left = await readdir(join(folder, "cache"), { recursive: true });
  expect(left.filter((name) => /part$|lock$/.test(name))).toEqual([]);
});

test.each([
  ["train", "cifar10", "--out", "run"],
  ["train", "digits", "--valid", "cifar10", "--out", "run"],
])("without a network, %s %s %s is one line that names URL, file and folder", async (...args) => {
  const folder = await temporaryFolder();
  const env = { NEXTPIXEL_MIRROR: `${NO_NETWORK}/sets/`, NEXTPIXEL_CACHE: join(folder, "cache") };
  const { stderr, stdout, code } = await runCli([...args, ...TINY], { cwd: folder, env });
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  const url = `${NO_NETWORK}/sets/cifar10/cifar-10-binary.tar.gz`;
  const [began, error, end, ...more] = stderr.split("\n");
  expect(began).toBe(
    `downloading ${url} (170.1 MB) to ${join(folder, "cache/cifar10/cifar-10-binary.tar.gz")}`,
  );
  expect(error).toMatch(new RegExp(`^error: cannot download ${url} \\(.*\\); where there is no network, `));
  expect(error).toContain(`put cifar-10-binary.tar.gz into ${join(folder, "cache/cifar10")} by hand`);
  expect([end, ...more]).toEqual([""]);
  expect(await readdir(folder)).toEqual(["cache"]);
});

test("a mirror without the file, and one that is none, are errors too", async () => {
  const folder = await temporaryFolder();
  const { url } = await serveFiles({});
  const cli = (mirror: string) =>
    runCli(["train", "mnist", "--out", "run", ...TINY], {
      cwd: folder,
      env: { NEXTPIXEL_MIRROR: mirror, NEXTPIXEL_CACHE: "cache" },
    });
  expect((await cli(url)).stderr).toContain(
    `error: cannot download ${url}/mnist/train-images-idx3-ubyte.gz (HTTP 404 Not Found); `,
  );
  expect((await cli("my mirror")).stderr).toBe(
    'error: expected a URL that begins with https:// or http:// for the mirror (NEXTPIXEL_MIRROR), received "my mirror"\n',
  );
});

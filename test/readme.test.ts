import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runCli } from "./cli/run-cli.ts";
import { runHere } from "./cli/run-here.ts";
import { temporaryFolder } from "./data/temporary-folder.ts";
import { readmeCommands, readmeFlags } from "./readme-commands.ts";

// The demo alone takes some minutes on a busy machine.
const FIFTEEN_MINUTES = 900_000;
const repository = new URL("../", import.meta.url);
const readme = () => readFile(new URL("README.md", repository), "utf8");

test(
  "every command of the README works, one after the other",
  async () => {
    const commands = readmeCommands(await readme());
    expect(commands.filter(({ kind }) => kind === "unknown")).toEqual([]);
    const run = commands.filter((command) => command.kind === "nextpixel");
    expect(run).not.toEqual([]);
    const cwd = await temporaryFolder();
    for (const { text, args } of run) {
      const { code, stderr } = await runCli(args, { cwd, timeout: FIFTEEN_MINUTES });
      expect({ text, code, stderr: code === 0 ? "" : stderr }).toEqual({ text, code: 0, stderr: "" });
    }
  },
  FIFTEEN_MINUTES,
);

test("every option that the README mentions exists", async () => {
  const cwd = await temporaryFolder();
  const help = async (...command: string[]) => (await runHere([...command, "--help"], { cwd })).stdout;
  const commands = [...(await help()).matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name!);
  expect(commands).toContain("doctor");
  const helps: string[] = [];
  for (const command of commands) helps.push(await help(command));
  const options = [...helps, await benchUsage()].flatMap((text) => text.match(/--[a-z][a-z-]*/g) ?? []);
  const known = new Set(["--version", ...options]);
  const flags = readmeFlags(await readme());
  expect(flags).not.toEqual([]);
  expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
});

/** The files that tell users what there is. */
async function documents(): Promise<string[]> {
  const root = fileURLToPath(repository);
  const below = async (folder: string) =>
    (await readdir(join(root, folder), { recursive: true })).map((file) => join(folder, file));
  const files = [...(await below("docs")), ...(await below("recipes")), ...(await below("examples"))];
  // The demo page is made by the build.
  const texts = files.filter((file) => /\.(md|json|yaml|js)$/.test(file) && !file.startsWith("docs/demo/"));
  return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "datasets/README.md", ...texts];
}

test("documents link to files that are there, and nothing in them points outside the repository", async () => {
  const root = fileURLToPath(repository);
  const wrong: string[] = [];
  for (const file of await documents()) {
    const text = await readFile(join(root, file), "utf8");
    const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, link]) => link!);
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    wrong.push(...local.filter((link) => !existsSync(join(root, dirname(file), link))));
    const paths = [...local, ...(text.match(/(?:\.\.\/)+[\w./-]*/g) ?? [])];
    wrong.push(...paths.filter((path) => relative(root, join(root, dirname(file), path)).startsWith("..")));
  }
  expect(wrong).toEqual([]);
});

/** What `npm run bench` prints without a name. */
const benchUsage = () =>
  new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "bench/main.ts"],
      { cwd: repository },
      (_error, _stdout, stderr) => resolve(stderr),
    );
  });

describe("the reader of commands", () => {
  const block = (...lines: string[]) => ["Text", "```sh", ...lines, "```", "Text"].join("\n");

  test("takes the lines of sh blocks only", () => {
    const other = "```ts\nnextpixel train\n```\n";
    const text = `${other}${block("# A comment", "", "npx nextpixel info --model pixelcnn  # another")}\n${other}`;
    expect(readmeCommands(text)).toEqual([
      {
        kind: "nextpixel",
        text: "npx nextpixel info --model pixelcnn",
        args: ["info", "--model", "pixelcnn"],
      },
    ]);
  });

  test("joins lines, and parts those with &&", () => {
    const text = block(
      "npm ci && npm run demo",
      "nextpixel train digits \\",
      "  --out run \\",
      "  --steps 3",
    );
    expect(readmeCommands(text)).toMatchObject([
      { kind: "skipped", text: "npm ci" },
      { kind: "nextpixel", args: ["demo"] },
      { kind: "nextpixel", args: ["train", "digits", "--out", "run", "--steps", "3"] },
    ]);
    expect(readmeCommands(block("npm run demo -- --out x", "nextpixel"))).toMatchObject([
      { kind: "nextpixel", args: ["demo", "--out", "x"] },
      { kind: "nextpixel", args: [] },
    ]);
  });

  test.each([
    "rm -rf x",
    "nextpixels info",
    "npm run demos",
    "npm run demo --json",
    "npm test && curl x",
    "nextpixel info run > info.txt",
    "nextpixel info run & nextpixel info run",
    "git clone a; nextpixel info run",
  ])("does not know: %s", (line) => {
    expect(readmeCommands(block(line)).map(({ kind }) => kind)).toContain("unknown");
  });

  test("finds the options mentioned, but for those of other programs", () => {
    const text = `${block("npm ci --omit=dev", "nextpixel info --json")}\n| \`--skip-bad\` | a--b --- |\n|---|---|\n`;
    expect(readmeFlags(`${text}<!-- note -->`)).toEqual(["--json", "--skip-bad"]);
  });
});

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "./cli/run-cli.ts";
import { readmeCommands } from "./readme-commands.ts";

const ROOT = join(import.meta.dirname, "..");
const TEN_MINUTES = 600_000;

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown text, in order. */
const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));

/** Few steps: this is about what runs, not about what is learned. */
const shortened = (text: string): string =>
  text.replaceAll(/--steps \d+/g, "--steps 4 --batch 8").replaceAll(/\bsteps: \d+/g, "steps: 4, batch: 8");

let folder: string;
// Inside the package, where its name means what its package.json exports.
beforeAll(async () => void (folder = await mkdtemp(join(ROOT, "test/.guide-"))));
afterAll(() => rm(folder, { recursive: true }));

/** Runs a command of a guide: one of nextpixel, or a program that the guide has written. */
async function run(command: string) {
  const program = /^node (\S+\.js)$/.exec(command)?.[1];
  if (program !== undefined) {
    return new Promise<{ code: number; output: string }>((resolve) => {
      execFile(process.execPath, [program], { cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : 1, output: stdout + stderr }),
      );
    });
  }
  const [known] = readmeCommands(`\`\`\`sh\n${command}\n\`\`\``);
  if (known?.kind !== "nextpixel") throw new Error(`expected a command of nextpixel, received ${command}`);
  const { code, stdout, stderr } = await runCli(known.args, { cwd: folder, timeout: TEN_MINUTES });
  return { code, output: stdout + stderr };
}

test("the network of one's own in the README is causal", async () => {
  const [network] = blocksOf(await readFile(join(ROOT, "README.md"), "utf8")).filter(({ text }) =>
    text.startsWith("// my-network.js\n"),
  );
  await writeFile(join(folder, "my-network.js"), network!.text);
  const { code, output } = await run("npx nextpixel info --model ./my-network.js");
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("receptive field") });
});

test(
  "docs/your-own-network.md: its files and commands work, and print what it says",
  async () => {
    const blocks = blocksOf(await readFile(join(ROOT, "docs/your-own-network.md"), "utf8"));
    const seen = { js: 0, sh: 0, text: 0 };
    for (const [i, { language, text }] of blocks.entries()) {
      if (language === "js") {
        const file = /^\/\/ (\S+\.js)\n/.exec(text)?.[1];
        expect(file, text).toBeDefined();
        await writeFile(join(folder, file!), shortened(text));
      } else if (language === "sh") {
        const next = blocks[i + 1];
        const said = next?.language === "text" ? next.text : undefined;
        const isError = said?.startsWith("error: ") ?? false;
        for (const command of shortened(text).trim().split("\n")) {
          const { code, output } = await run(command);
          expect({ command, failed: code !== 0, output }).toMatchObject({ command, failed: isError });
          if (said !== undefined) expect(output).toContain(said);
        }
      } else expect(language).toBe("text");
      seen[language as keyof typeof seen]++;
    }
    expect(seen).toEqual({ js: 7, sh: 9, text: 5 });
  },
  TEN_MINUTES,
);

/** A command of the README: one of nextpixel with its arguments, or one that the test leaves out. */
export type ReadmeCommand =
  | { readonly kind: "nextpixel"; readonly text: string; readonly args: readonly string[] }
  | { readonly kind: "skipped"; readonly text: string; readonly reason: string }
  | { readonly kind: "unknown"; readonly text: string };

const NEXTPIXEL = /^(?:npx )?nextpixel(?: |$)/;
const DEMO = /^npm run demo(?: --(?= )|$)/;

const SKIPPED: readonly (readonly [command: RegExp, reason: string])[] = [
  [/^npm ci(?: |$)/, "CI itself runs npm ci"],
  [/^npm test$/, "this is npm test"],
  [/^git clone /, "CI has cloned the repository"],
  [/^cd /, "all commands run in one folder"],
  [/^(?:sudo )?apt-get /, "the machine is not the test's to change"],
  [/^npm run bench(?: |$)/, "takes long, and its figures are not a test's matter"],
];

/** Operators of the shell other than &&, expansions, and quotes: the test has no shell to run them with. */
const SHELL = /[|<>;$`*?~'"\\&]/;

/** The commands in the fenced `sh` blocks of a Markdown text, in order; those joined with && one by one. */
export function readmeCommands(markdown: string): ReadmeCommand[] {
  return shellLines(markdown).flatMap((line) => line.split(" && ").map(classify));
}

/** The options of nextpixel that a Markdown text mentions anywhere, but for those of skipped commands. */
export function readmeFlags(markdown: string): string[] {
  const skipped = readmeCommands(markdown).filter(({ kind }) => kind === "skipped");
  const text = skipped.reduce((rest, command) => rest.replaceAll(command.text, ""), joined(markdown));
  return [...new Set(text.match(/(?<![\w!-])--[a-z][a-z-]*/g))].sort();
}

function shellLines(markdown: string): string[] {
  const blocks = joined(markdown).matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks]
    .flatMap(([, block]) => block!.split("\n"))
    .map((line) => line.replace(/(?:^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** With lines that end in a backslash joined to the next ones. */
const joined = (markdown: string): string => markdown.replaceAll("\r\n", "\n").replace(/ *\\\n\s*/g, " ");

function classify(text: string): ReadmeCommand {
  if (SHELL.test(text)) return { kind: "unknown", text };
  const reason = SKIPPED.find(([command]) => command.test(text))?.[1];
  if (reason !== undefined) return { kind: "skipped", text, reason };
  if (!NEXTPIXEL.test(text) && !DEMO.test(text)) return { kind: "unknown", text };
  const args = text.replace(NEXTPIXEL, "").replace(DEMO, "demo").split(/\s+/);
  return { kind: "nextpixel", text, args: args.filter((arg) => arg !== "") };
}

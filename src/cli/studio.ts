import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import * as read from "./arguments.ts";
import { note, result } from "./output.ts";
import { trainForm } from "./train-form.ts";

interface StudioFlags extends read.CommonOptions {
  readonly port?: number;
  readonly open?: true;
  readonly data: string;
  readonly report?: string;
}

const MAIN = fileURLToPath(new URL("main.js", import.meta.url));

export function addStudioCommand(program: Command): void {
  const command = program
    .command("studio")
    .description("a page on this machine: watch runs draw and train, start and stop trainings")
    .argument("[runs]", "folder of runs, which is made if there is none", "runs")
    .option(
      "--port <n>",
      "port of this machine to listen on (default: one that is free)",
      read.whole("--port", 1, 65_535),
    )
    .option("--open", "open the page in the browser")
    .option(
      "--data <folder>",
      "folder whose pictures the page may train on, beside the data sets with names",
      ".",
    );
  read.withReport(command);
  read.withCommonOptions(command).action(async (root: string, flags: StudioFlags) => {
    // Only here: a web server takes time to load, and replaces globals of Node.
    const { openStudio } = await import("../studio/server/server.ts");
    const studio = await openStudio({
      root,
      port: flags.port ?? 0,
      form: trainForm(flags.data),
      program: [process.execPath, MAIN],
      report: flags.report,
    });
    result({ address: studio.address }, `the studio is at ${studio.address}`, flags.json);
    note("press Ctrl-C to end it; trainings go on");
    if (flags.open) openInBrowser(studio.addressForBrowser);
    await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
    await studio.close();
  });
}

/** Opens a page in the browser that the system prefers. */
function openInBrowser(address: string): void {
  const [open, ...words] = OPENERS[process.platform] ?? ["xdg-open"];
  spawn(open!, [...words, address], { detached: true, stdio: "ignore" })
    .on("error", () => note(`cannot open a browser: open ${address} yourself`))
    .unref();
}

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

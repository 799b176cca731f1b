import type { Command } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import { publish } from "../studio/publish.ts";
import * as read from "./arguments.ts";
import { fetchDisplay } from "./fetch-display.ts";
import { result } from "./output.ts";

interface PublishFlags extends read.CommonOptions {
  readonly train?: boolean;
  readonly report?: string;
}

export function addPublishCommand(program: Command): void {
  const command = program
    .command("publish")
    .description("write a web page on which anyone can watch trained networks draw, in the browser")
    .argument(
      "<run...>",
      "folders of runs or hf:owner/name, then the folder of the site: a new one, or a site to replace",
    )
    .option("--train", "let visitors train a small network in the page; adds 4 MB, loaded only then")
    .usage("[options] <run...> <site>");
  read.withReport(command);
  read.withCommonOptions(command).action(async (paths: string[], flags: PublishFlags) => {
    const site = paths.pop()!;
    if (paths.length === 0) {
      throw new NextpixelError(
        "ARGUMENT",
        "expected one or more runs and the folder of the site, received one path",
      );
    }
    const { train, report } = flags;
    const published = await publish(paths, site, { train, report, download: { onEvent: fetchDisplay() } });
    const { runs, bytes, bytesWithoutWeights, bytesOfRuntime } = published;
    const kilobytes = (count: number) => `${Math.ceil(count / 1000)} kB`;
    result(
      published,
      `published ${runs.length} run(s) in ${site}: ${kilobytes(bytes)}, ${kilobytes(bytesWithoutWeights)} without ` +
        `weights${bytesOfRuntime > 0 ? " and ONNX Runtime" : ""}; to look at it: npx serve ${site}`,
      flags.json,
    );
  });
}

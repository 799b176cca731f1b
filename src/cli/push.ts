import type { Command } from "commander";
import { push } from "../tasks/push.ts";
import * as read from "./arguments.ts";
import { fetchDisplay } from "./fetch-display.ts";
import { openRunConfig, withModelFile, type RunFlags } from "./model-file.ts";
import { result } from "./output.ts";
import { withLicense } from "./pack.ts";

interface PushFlags extends read.CommonOptions, RunFlags {
  readonly license?: string;
  readonly revision?: string;
  readonly private?: boolean;
  readonly message?: string;
}

const TOKEN = `
Needs an access token of the Hub that may write, in the variable HF_TOKEN.
HF_ENDPOINT is the URL of another Hub.`;

export function addPushCommand(program: Command): void {
  const command = program
    .command("push")
    .description("publish a run on the Hugging Face Hub, packed as by pack")
    .argument("<run>", "folder of a run, or one made by pack, which is published as it is")
    .argument("<owner/name>", "the model on the Hub; it is made if there is none")
    .option("--revision <branch>", "the branch to push to; it is made if there is none (default: main)")
    .option("--private", "make a new model open to you alone")
    .option("--message <text>", "message of the commit");
  withLicense(command);
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).addHelpText("after", TOKEN);
  command.action(async (run: string, repository: string, flags: PushFlags) => {
    await openRunConfig(run, flags);
    const { url, commit, changed } = await push(run, repository, flags, { onEvent: fetchDisplay() });
    const what = changed.length === 0 ? "there is nothing new" : `sent ${changed.join(", ")}`;
    result(
      { run, repository, url, commit, changed },
      `${what}: ${url}; from now on hf:${repository}@${commit}`,
      flags.json,
    );
  });
}

import type { Command } from "commander";
import type { RequestedTraining, TrainRequest } from "../train/request.ts";
import type { ResumeRequest } from "../train/resumed-request.ts";
import type * as read from "./arguments.ts";
import { applyConfigFile } from "./config-file.ts";
import { givenSettings, givenSizes } from "./network-options.ts";
import { RANK_KEYS } from "./rank.ts";
import { relations } from "./train-options.ts";

/** What `train` was told: to begin a run, to go on with the one in a folder, or to find a learning rate. */
export type TrainCommand = (
  | { readonly request: TrainRequest }
  | { readonly tested: RequestedTraining; readonly steps: number }
  | { readonly resumed: string; readonly asked: ResumeRequest }
) & {
  readonly threads: number | undefined;
  readonly json: true | undefined;
};

/**
 * What a command with these options was told: by its command line, else by the configuration file
 * that it names. Ends the command if there is no data set or no run folder; errors as of `applyConfigFile`.
 */
export async function trainCommand(command: Command): Promise<TrainCommand> {
  const { config } = command.opts<{ config?: string }>();
  if (config !== undefined) await applyConfigFile(command, config, relations());
  const all = command.getOptionValue("resume") === true ? givenOptions(command) : command.opts();
  for (const key of RANK_KEYS) delete all[key];
  const { threads, json, resume, out, findLr, ...flags } = all as GivenFlags;
  if (out === undefined && findLr === undefined)
    return command.error("error: required option '--out <run>' not specified");
  const dataset = (command.processedArgs[0] as string | undefined) ?? flags.dataset;
  const [sizes, settings] = [givenSizes(command), givenSettings(command)];
  if (resume && out !== undefined) {
    // The run's own device may be named by a file, which says where it was begun.
    const device = command.getOptionValueSource("device") === "cli" ? flags.device : undefined;
    return { resumed: out, asked: { ...flags, dataset, sizes, settings, device }, threads, json };
  }
  if (dataset === undefined) return command.error("error: missing required argument 'dataset'");
  const request = { ...flags, dataset, sizes, settings };
  if (out === undefined) return { tested: request, steps: findLr!, threads, json };
  return { request: { ...request, out }, threads, json };
}

type GivenFlags = Partial<Omit<TrainRequest, "dataset" | "sizes">> &
  read.CommonOptions & { dataset?: string; threads?: number; resume?: true; findLr?: number };

/** The options of a command that were given, on the command line or in a configuration file. */
const givenOptions = (command: Command): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(command.opts()).filter(([key]) => command.getOptionValueSource(key) !== "default"),
  );

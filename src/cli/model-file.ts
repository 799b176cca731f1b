import type { Command } from "commander";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expected, NextpixelError, shortened } from "../basics/errors.ts";
import { MODELS } from "../models/by-name.ts";
import { defineModel, type ModelDefinition } from "../models/define.ts";
import { readRunConfig, type RunConfig } from "../run/config.ts";
import { localRun } from "../run/local-run.ts";
import { loadSavedModel, type SavedModel } from "../run/saved-model.ts";
import type { CheckpointFlags } from "./arguments.ts";
import { fetchDisplay } from "./fetch-display.ts";

const FLAG = "--model";

/** Names with an ending of JavaScript, or with a folder in front: all others are of models. */
const isFile = (name: string): boolean => /[/\\]|\.[cm]?[jt]s$/.test(name);

/**
 * The words of a command line in which every file that `--model` names has become the name of the model that the file
 * defines. The files are executed, so that commands have options for the sizes of such models, and runs of them can be
 * opened.
 * @throws NOT_FOUND, FORMAT if a file cannot be loaded, or has no model as its default export.
 */
export async function loadModelFiles(words: readonly string[]): Promise<string[]> {
  const loaded: string[] = [];
  for (const [i, word] of words.entries()) {
    const isJoined = word.startsWith(`${FLAG}=`);
    const value = isJoined ? word.slice(FLAG.length + 1) : words[i - 1] === FLAG ? word : undefined;
    if (value === undefined || !isFile(value)) loaded.push(word);
    else loaded.push(`${isJoined ? `${FLAG}=` : ""}${await loadModelFile(value)}`);
  }
  return loaded;
}

async function loadModelFile(file: string): Promise<string> {
  const module = await import(pathToFileURL(resolve(file)).href).catch((cause: unknown) => {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new NextpixelError("FORMAT", `cannot load the model in ${file}: ${shortened(reason!)}`, { cause });
  });
  const model: unknown = module.default;
  if (typeof model !== "object" || model === null || !("name" in model) || !("network" in model)) {
    throw expected("FORMAT", "what defineModel returns", `the default export of ${file}`, typeof model);
  }
  const definition = model as ModelDefinition;
  // A file that has a nextpixel of its own has made it known there, not here.
  return (MODELS.find(definition.name) ?? defineModel(definition)).name;
}

export interface RunFlags extends CheckpointFlags {
  readonly model?: string;
}

/** Adds what says how the model of a run is loaded. */
export const withModelFile = (command: Command): Command =>
  command.option(
    `${FLAG} <file.js>`,
    "of a run with a network of your own: the file that defines it, which is executed",
  );

/** The model of a run. @throws as `loadSavedModel`, ARGUMENT if another model is named. */
export async function openRun(run: string, { model, checkpoint }: RunFlags): Promise<SavedModel> {
  const saved = await loadSavedModel(await localRun(run, download()), checkpoint);
  checkModel(run, saved.config.model, model);
  return saved;
}

/** The configuration of a run. @throws as `readRunConfig`, ARGUMENT if another model is named. */
export async function openRunConfig(run: string, { model }: Pick<RunFlags, "model">): Promise<RunConfig> {
  const config = await readRunConfig(await localRun(run, download()));
  checkModel(run, config.network.model, model);
  return config;
}

/** The folder of a run on this machine. @throws as `openRunConfig`. */
export async function checkedRun(run: string, flags: Pick<RunFlags, "model">): Promise<string> {
  const folder = await localRun(run, download());
  await openRunConfig(folder, flags);
  return folder;
}

const download = () => ({ onEvent: fetchDisplay() });

function checkModel(run: string, own: string, named: string | undefined): void {
  if (named !== undefined && named !== own)
    throw expected("ARGUMENT", own, `the model of ${run}`, named, "model");
}

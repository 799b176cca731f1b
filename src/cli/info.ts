import type { Command } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import { MODEL_NAMES, sizesOf } from "../models/by-name.ts";
import type { NetworkConfig } from "../programs/network.ts";
import { readRunConfig } from "../run/config.ts";
import { describeNetwork, type NetworkInfo } from "../tasks/info.ts";
import * as read from "./arguments.ts";
import { result } from "./output.ts";

interface InfoFlags extends read.CommonOptions {
  readonly model?: string;
  readonly width?: number;
  readonly depth?: number;
}

export function addInfoCommand(program: Command): void {
  const command = program
    .command("info")
    .description("tell what a network consists of and what it can see")
    .argument("[run]", "folder of a run")
    .option("--model <name>", `a model as it comes, for binary pictures of 28x28: ${MODEL_NAMES.join(", ")}`)
    .option("--width <n>", "its feature maps, with --model", read.whole("--width", 1, 65_536))
    .option("--depth <n>", "its layers, with --model", read.whole("--depth", 1, 65_536));
  read.withCommonOptions(command).action(async (run: string | undefined, flags: InfoFlags) => {
    const config = await chosenNetwork(run, flags);
    const info = describeNetwork(config);
    result({ ...config, ...info }, infoText(config, info), flags.json);
  });
}

async function chosenNetwork(
  run: string | undefined,
  { model, width, depth }: InfoFlags,
): Promise<NetworkConfig> {
  if ((run === undefined) === (model === undefined)) {
    throw new NextpixelError("ARGUMENT", "expected either a run folder or --model, received both or none");
  }
  if (model === undefined) {
    if (width !== undefined || depth !== undefined) {
      throw new NextpixelError("ARGUMENT", "--width and --depth go with --model: a run has its own");
    }
    return (await readRunConfig(run!)).network;
  }
  return {
    model,
    modelConfig: sizesOf(model, { width, depth }),
    likelihood: "bernoulli",
    levels: 2,
    size: { channels: 1, rows: 28, cols: 28 },
  };
}

function infoText({ model, likelihood, levels, size }: NetworkConfig, info: NetworkInfo): string {
  const width = Math.max(...info.layers.map(({ name }) => name.length));
  const layers = info.layers.map(
    ({ name, shape, count }) => `  ${name.padEnd(width)}  ${`[${shape.join(", ")}]`.padEnd(18)} ${count}`,
  );
  const lines = [
    `${model}: ${size.cols}x${size.rows}, ${size.channels} channel(s), ${levels} levels, ${likelihood} likelihood`,
    `${info.parameters} parameters:`,
    ...layers,
  ];
  const field = info.receptiveField;
  if (!field) return [...lines, "sees no other pixel"].join("\n");
  return [
    ...lines,
    `receptive field: ${field.pixels} pixels, up to ${field.above} rows above, ${field.left} columns to the left and ` +
      `${field.right} to the right; blind spot: ${field.blindPixels} pixels`,
    "(@ the pixel, # seen, . earlier but not seen)",
    field.drawing,
  ].join("\n");
}

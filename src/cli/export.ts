import { Option, type Command } from "commander";
import { checkWritable, writeAtomically } from "../files/atomic-write.ts";
import { exportOnnx, type ExportedTask } from "../tasks/export.ts";
import * as read from "./arguments.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { result } from "./output.ts";

interface ExportFlags extends read.CommonOptions, RunFlags {
  readonly onnx: string;
  readonly task?: ExportedTask;
}

export function addExportCommand(program: Command): void {
  const command = program
    .command("export")
    .description("write a model as an ONNX file, with its weights, for other programs")
    .argument("<run>", read.RUN)
    .requiredOption("--onnx <file.onnx>", "the file to write", read.fileNamed(".onnx"))
    .addOption(
      new Option(
        "--task <name>",
        "score: how likely pictures are; draw: pictures of random numbers (vae, ladder-vae, gan) (default: score; " +
          "gan draw)",
      ).choices(["score", "draw"] satisfies ExportedTask[]),
    );
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, flags: ExportFlags) => {
    const model = await openRun(run, flags);
    await checkWritable(flags.onnx);
    const { onnx, ...told } = exportOnnx(model, flags);
    await writeAtomically(flags.onnx, onnx);
    const list = (values: Readonly<Record<string, string>>) =>
      Object.entries(values)
        .map(([name, about]) => `${name} (${about})`)
        .join("; ");
    result(
      { run, file: flags.onnx, bytes: onnx.length, ...told },
      `wrote ${flags.onnx}, ${Math.ceil(onnx.length / 1000)} kB: from ${list(told.inputs)} to ${list(told.outputs)}`,
      flags.json,
    );
  });
}

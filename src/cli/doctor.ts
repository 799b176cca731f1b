import type { Command } from "commander";
import { examine, type Finding } from "../tasks/doctor.ts";
import * as read from "./arguments.ts";
import { result } from "./output.ts";

export function addDoctorCommand(program: Command): void {
  const command = program
    .command("doctor")
    .description("tell whether this machine has what nextpixel needs, and how to mend what is missing");
  read.withCommonOptions(command).action(async ({ json }: read.CommonOptions) => {
    const findings = await examine();
    result({ findings }, findings.map(lineOf).join("\n"), json);
    if (findings.some(({ state }) => state === "error")) process.exitCode = 1;
  });
}

function lineOf({ what, state, found, advice }: Finding): string {
  const mark = { ok: "ok     ", warning: "warning", error: "ERROR  " }[state];
  return `${mark}  ${what}: ${found}${advice === undefined ? "" : `; ${advice}`}`;
}

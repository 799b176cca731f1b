import { Command } from "commander";
import { expect, test } from "vitest";
import { NextpixelError } from "../../src/basics/errors.ts";
import { flagsAbout } from "../../src/cli/flags-about.ts";

const program = new Command();
program.command("train").option("--skip-bad", "").option("--class-conditional", "").option("--lr <rate>", "");
program.command("score").option("--skip-bad", "");

const about = (command: string, names: readonly string[], message = "it is wrong") =>
  flagsAbout(new NextpixelError("ARGUMENT", message, { about: names }), program, command);

test("options of the command that failed are its flags", () => {
  expect(about("train", ["lr", "skipBad"])).toBe(" (see --lr, --skip-bad)");
  expect(about("score", ["skipBad"])).toBe(" (see --skip-bad)");
});

test("options of the training are named with their command, unless that has failed", () => {
  expect(about("score", ["train.classConditional"])).toBe(" (see train --class-conditional)");
  expect(about("train", ["train.classConditional"])).toBe(" (see --class-conditional)");
});

test("nothing is added for what a command has no flag for, or what the message says", () => {
  expect(about("score", ["lr"])).toBe("");
  expect(about("score", [])).toBe("");
  expect(about("train", ["lr"], "try a lower --lr")).toBe("");
});

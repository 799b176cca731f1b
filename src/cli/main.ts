#!/usr/bin/env node
import { onBrokenOutput } from "./output.ts";
import { runProgram } from "./program.ts";

onBrokenOutput();
await runProgram(process.argv.slice(2));

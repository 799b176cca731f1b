/**
 * The harness of the speed benchmarks. A contestant is a child process that does one kind of step over and over: trains
 * a network, draws a batch of pictures. It writes one line of JSON when it is set up and warm, and then one for each
 * line that it reads:
 *
 *     (start)   {"ready": true, "name": "...", "parameters": 438209, "threads": 2}
 *     run 10    {"seconds": 5.1, "processorSeconds": 9.8, "steps": 10, "loss": 539.2}
 *     memory    {"peakRssMb": 786.6, "rssMb": 725.7, "baselineRssMb": 228.0}
 *     quit      (ends)
 */
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { NextpixelError } from "../src/basics/errors.ts";
import { watchOthers } from "./others.ts";

/** What time is told by: with one thread, the processors' time also means something on a machine that others use. */
export type Clock = "wall" | "processor";

export interface ContestantInfo {
  readonly name: string;
  /** How many numbers are trained. */
  readonly parameters: number;
  readonly threads: number;
}

export interface Run {
  /** Of all the steps together, timed inside the child. */
  readonly seconds: number;
  /** The same of the processors, over all threads. */
  readonly processorSeconds: number;
  /** Some number that is made of the results. */
  readonly loss: number;
}

/** Resident memory of the child in MiB; the baseline is what it needs before there is a network. */
export interface ContestantMemory {
  readonly peakRssMb: number;
  readonly rssMb: number;
  readonly baselineRssMb: number;
}

export interface Contestant {
  readonly info: ContestantInfo;
  run(steps: number): Promise<Run>;
  memory(): Promise<ContestantMemory>;
  /** Ends the child and waits for its end; a child that is gone already is no error. */
  stop(): Promise<void>;
}

const STOP_MILLISECONDS = 10_000;
const STDERR_CHARACTERS = 4_000;

/**
 * Starts a contestant and waits until it is ready. Between its runs it is blocked on its standard input and takes
 * no processor time.
 * @throws Error with the end of the child's stderr, here and from every later call, when the child dies.
 */
export async function startContestant(
  command: string,
  args: string[],
  options: { env?: Record<string, string> } = {},
): Promise<Contestant> {
  const child = spawn(command, args, { env: { ...process.env, ...options.env } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARACTERS);
  });
  // Writing to a dead child fails here and ends its output there, where it is reported.
  child.stdin.on("error", () => {});
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (status, signal) => resolve(signal ?? `exit status ${status}`));
  });

  async function answer(): Promise<unknown> {
    const line = await lines.next();
    if (line.done)
      throw new Error(`${[command, ...args].join(" ")} ended: ${await ended}\n${stderr}`.trimEnd());
    try {
      return JSON.parse(line.value);
    } catch (cause) {
      throw new Error(`expected a line of JSON from ${command}, received ${line.value}`, { cause });
    }
  }

  function ask(request: string): Promise<unknown> {
    child.stdin.write(`${request}\n`);
    return answer();
  }

  async function stop(): Promise<void> {
    child.stdin.end("quit\n");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MILLISECONDS);
    await ended;
    clearTimeout(timer);
  }

  try {
    const info = (await answer()) as ContestantInfo;
    return {
      info,
      run: (steps) => ask(`run ${steps}`) as Promise<Run>,
      memory: () => ask("memory") as Promise<ContestantMemory>,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

// glibc gives freed tensors back to the system, and each step gets them anew, page by page. Keeping them makes a step
// of PyTorch 8 to 14 % faster at the same peak memory, measured.
const KEEP_MEMORY = {
  MALLOC_MMAP_THRESHOLD_: `${2 ** 30}`,
  MALLOC_TRIM_THRESHOLD_: `${2 ** 33}`,
  MALLOC_TOP_PAD_: `${2 ** 26}`,
};

/** A file of this folder. */
export const scriptPath = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/**
 * $PYTHON, or else the system's: that is where a distribution's package puts PyTorch, whatever `python3` is on the
 * PATH.
 */
export const PYTHON = process.env["PYTHON"] ?? "/usr/bin/python3";

/** NOT_FOUND error that tells how to get PyTorch if there is none. */
export function requirePyTorch(): void {
  const { status, error } = spawnSync(PYTHON, ["-c", "import torch"]);
  if (status === 0) return;
  throw new NextpixelError(
    "NOT_FOUND",
    `${PYTHON} has no PyTorch${error ? ` (${error.message})` : ""}: apt-get install python3-torch libopenblas0-pthread, ` +
      "or say in the variable PYTHON which Python has",
  );
}

/** Starts a nextpixel contestant of this folder. */
export function startNextpixel(file: string, args: string[]): Promise<Contestant> {
  return startContestant(process.execPath, ["--import", "tsx", scriptPath(file), ...args]);
}

/**
 * Starts a PyTorch contestant of this folder, whose `--help` tells the arguments: as it is plainly written, or tuned,
 * with the allocator too.
 */
export function startPyTorch(file: string, args: string[], options: { tuned: boolean }): Promise<Contestant> {
  return options.tuned
    ? startContestant(PYTHON, [scriptPath(file), ...args, "--tuned"], { env: KEEP_MEMORY })
    : startContestant(PYTHON, [scriptPath(file), ...args]);
}

/** @throws Error if not all contestants have the same number of parameters: then they do not do the same work. */
export function requireSameNetwork(contestants: readonly Contestant[]): void {
  const { name, parameters } = contestants[0]!.info;
  const other = contestants.find(({ info }) => info.parameters !== parameters)?.info;
  if (!other) return;
  throw new Error(
    `expected ${parameters} parameters, as ${name} has, received ${other.parameters} from ${other.name}`,
  );
}

/**
 * Runs the contestants in turn, A B A B ..., so that a machine that is slow for a while is slow for all of them. Warns
 * if others use it meanwhile.
 * @returns for each contestant, its seconds per step in each round
 */
export async function interleave(
  contestants: readonly Contestant[],
  {
    rounds,
    stepsPerRound,
    clock = "wall",
  }: { readonly rounds: number; readonly stepsPerRound: number; readonly clock?: Clock },
): Promise<number[][]> {
  const secondsPerStep = contestants.map((): number[] => []);
  const others = watchOthers();
  for (let round = 0; round < rounds; round++) {
    await others.look();
    for (const [i, contestant] of contestants.entries()) {
      const { seconds, processorSeconds } = await contestant.run(stepsPerRound);
      secondsPerStep[i]!.push((clock === "wall" ? seconds : processorSeconds) / stepsPerRound);
    }
  }
  if (clock === "wall") others.warn();
  return secondsPerStep;
}

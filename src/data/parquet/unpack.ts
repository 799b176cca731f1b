import { fork } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { NextpixelError, type ErrorCode } from "../../basics/errors.ts";
import { unexpected } from "../../files/unexpected.ts";

/** The file of a folder of pictures that has the names of their classes by sub-folder. It is not read as a picture. */
export const CLASS_NAMES = ".nextpixel-classes.json";

/** The message to the process. */
export type ToUnpacking = readonly [files: readonly string[], folder: string];

/** The messages from the process: after "end" it exits. */
export type FromUnpacking =
  | { readonly kind: "progress"; readonly pictures: number; readonly of: number }
  | { readonly kind: "end"; readonly error?: NodeJS.ErrnoException };

/** Largest heap of the process, in MiB. */
const MAX_HEAP = 2048;

// Node runs no TypeScript: where this file is run as it is, by tests and benches, the process runs what was built last.
const FOLDER = import.meta.url.endsWith(".ts") ? "../../../dist/data/parquet" : ".";

/**
 * `unpackPictures` in a process of its own, into a folder that is made anew, and removed after an error. One wrong bit
 * in a Parquet file can make the decoder fill the memory, which no exception stops, or loop for ever. This is a FORMAT
 * error too: files count as damaged after `patience` milliseconds without progress, which is far more than a row group
 * takes.
 */
export async function unpackApart(
  files: readonly string[],
  folder: string,
  onProgress: (pictures: number, of: number) => void,
  patience = 300_000,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const child = fork(new URL(`${FOLDER}/unpack-process.js`, import.meta.url), {
    execArgv: [`--max-old-space-size=${MAX_HEAP}`],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const stalled = setTimeout(kill, patience);
  let last: FromUnpacking | undefined;
  child.on("message", (message: FromUnpacking) => {
    stalled.refresh();
    last = message;
    if (message.kind === "progress") onProgress(message.pictures, message.of);
  });
  // Whether it can be sent shows in how the process ends.
  child.send([files, folder] satisfies ToUnpacking, () => undefined);
  const closed = once(child, "close").finally(() => process.off("exit", kill));
  const end = Promise.all([text(child.stderr!), closed]).finally(() => clearTimeout(stalled));
  const [said, [code, signal]] = await end;
  const error = last?.kind === "end" ? last.error : undefined;
  if (last?.kind === "end" && !error) return;
  await rm(folder, { recursive: true, force: true });
  if (error?.name === "NextpixelError") throw new NextpixelError(error.code as ErrorCode, error.message);
  if (error?.errno !== undefined) throw Object.assign(new Error(error.message), error);
  const which = files.length === 1 ? files[0]! : `${files[0]}, or one of the ${files.length - 1} others`;
  // Node gives the reason in the first lines.
  const lines = said.trim().split(/\s*\n\s*/);
  const reason =
    (lines.find((line) => /error/i.test(line)) ?? lines.at(-1)) || (signal ?? `exit code ${code}`);
  const data = child.killed
    ? "data that the decoder never finishes"
    : `data that ends the decoder (${error?.message ?? reason})`;
  throw unexpected(which, "an intact Parquet file", data);
}

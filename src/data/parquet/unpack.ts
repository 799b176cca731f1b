import { fork } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { NextpixelError, type ErrorCode } from "../../basics/errors.ts";
import { unexpected } from "../../files/unexpected.ts";

/** The message to the process. */
export type ToUnpacking = readonly [files: readonly string[], folder: string];

/** The messages from the process: after "end" or "error" it exits. */
export type FromUnpacking =
  | { readonly kind: "progress"; readonly pictures: number; readonly of: number }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly error: NodeJS.ErrnoException };

export interface UnpackOptions {
  /** Called with the number of pictures so far, and of all. */
  readonly onProgress: (pictures: number, of: number) => void;
  /**
   * Milliseconds without progress after which files count as damaged. The default is far more than a row group takes.
   */
  readonly patience?: number | undefined;
}

/** Largest heap of the process, in MiB. */
const MAX_HEAP = 2048;

// Node runs no TypeScript: where this file is run as it is, by tests and benches, the process runs what was built last.
const FOLDER = import.meta.url.endsWith(".ts") ? "../../../dist/data/parquet" : ".";

/**
 * `unpackPictures` in a process of its own. One wrong bit in a Parquet file can make the decoder fill the memory, which
 * no exception stops, or loop for ever. This is a FORMAT error too.
 */
export async function unpackApart(
  files: readonly string[],
  folder: string,
  { onProgress, patience = 300_000 }: UnpackOptions,
): Promise<void> {
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
  const [said, [code, signal]] = await Promise.all([text(child.stderr!), once(child, "close")]).finally(
    () => {
      clearTimeout(stalled);
      process.off("exit", kill);
    },
  );
  if (last?.kind === "end") return;
  if (last?.kind === "error") {
    const { name, message, code } = last.error;
    throw name === "NextpixelError"
      ? new NextpixelError(code as ErrorCode, message)
      : Object.assign(new Error(message), last.error);
  }
  const which = files.length === 1 ? files[0]! : `${files[0]}, or one of the ${files.length - 1} others`;
  const lines = said.split("\n").map((line) => line.trim());
  // Node gives the reason in the first lines.
  const reason =
    lines.find((line) => /error/i.test(line)) ?? lines.findLast(Boolean) ?? signal ?? `exit code ${code}`;
  const data = child.killed
    ? "data that the decoder never finishes"
    : `data that ends the decoder (${reason})`;
  throw unexpected(which, "an intact Parquet file", data);
}

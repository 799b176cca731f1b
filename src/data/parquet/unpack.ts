import { fork } from "node:child_process";
import { NextpixelError, type ErrorCode } from "../../basics/errors.ts";
import { unexpected } from "../../files/unexpected.ts";

/** The message to the process. */
export interface ToUnpacking {
  readonly files: readonly string[];
  readonly folder: string;
}

/** The messages from the process: after "end" or "error" it exits. */
export type FromUnpacking =
  | { readonly kind: "progress"; readonly pictures: number; readonly of: number }
  | { readonly kind: "end" }
  | ({ readonly kind: "error"; readonly isOurs: boolean } & Pick<
      NodeJS.ErrnoException,
      "message" | "code" | "errno"
    >);

export interface UnpackOptions {
  /** Called with the number of pictures so far, and of all. */
  readonly onProgress: (pictures: number, of: number) => void;
  /**
   * Milliseconds without progress after which files count as damaged. The default is far more than a row group takes.
   */
  readonly patience?: number | undefined;
}

/** Characters of the process's stderr that are kept: Node gives the reason in the first lines. */
const MAX_SAID = 10_000;

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
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(0, MAX_SAID)));
  child.on("error", ({ message }) => (said ||= message));
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let isStalled = false;
  const stalled = setTimeout(() => {
    isStalled = true;
    kill();
  }, patience);
  let last: FromUnpacking | undefined;
  child.on("message", (message: FromUnpacking) => {
    stalled.refresh();
    last = message;
    if (message.kind === "progress") onProgress(message.pictures, message.of);
  });
  child.send({ files, folder } satisfies ToUnpacking);
  // Not "exit": what it has said may not be here yet.
  const reason = await new Promise<string>((resolve) =>
    child.once("close", (code, signal) => resolve(reasonOf(said, code, signal))),
  );
  clearTimeout(stalled);
  process.off("exit", kill);
  if (last?.kind === "end") return;
  if (last?.kind === "error") throw errorOf(last);
  const which = files.length === 1 ? files[0]! : `${files[0]}, or one of the ${files.length - 1} others`;
  const data = isStalled ? "data that the decoder never finishes" : `data that ends the decoder (${reason})`;
  throw unexpected(which, "an intact Parquet file", data);
}

function errorOf({ message, code, errno, isOurs }: FromUnpacking & { readonly kind: "error" }): Error {
  return isOurs
    ? new NextpixelError(code as ErrorCode, message)
    : Object.assign(new Error(message), { code, errno });
}

/** Why a process has ended: the line of its stderr with the error, or else its exit code or signal. */
function reasonOf(said: string, code: number | null, signal: string | null): string {
  const lines = said.split("\n").map((line) => line.trim());
  return (
    lines.find((line) => /error/i.test(line)) ?? lines.findLast(Boolean) ?? signal ?? `exit code ${code}`
  );
}

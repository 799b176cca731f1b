import { fork } from "node:child_process";
import { NextpixelError, type ErrorCode } from "../../basics/errors.ts";
import { unexpected } from "../../files/unexpected.ts";

/** What the process is asked. */
export interface ToUnpacking {
  readonly files: readonly string[];
  readonly folder: string;
}

/** What it answers. */
export type FromUnpacking =
  | { readonly kind: "progress"; readonly pictures: number; readonly of: number }
  | { readonly kind: "end" }
  | {
      readonly kind: "error";
      readonly message: string;
      readonly code: string | undefined;
      readonly errno: number | undefined;
      readonly isOurs: boolean;
    };

export interface UnpackOptions {
  /** Told how many pictures are there, of all. */
  readonly onProgress: (pictures: number, of: number) => void;
  /** Milliseconds without progress after which files are held to be damaged. By default far more than a group of rows takes. */
  readonly patience?: number | undefined;
}

/** Bound on the memory that the process may take for its objects, in MiB. */
const MAX_HEAP = 2048;

// Node runs no TypeScript: where this file is run as it is, by tests and benches, the process runs what was built last.
const FOLDER = import.meta.url.endsWith(".ts") ? "../../../dist/data/parquet" : ".";

/**
 * `unpackPictures` in a process of its own: in a Parquet file one wrong bit can have the decoder fill the memory, which no exception
 * stops, or go round for ever. FORMAT error then, too.
 */
export function unpackApart(
  files: readonly string[],
  folder: string,
  { onProgress, patience = 300_000 }: UnpackOptions,
): Promise<void> {
  const child = fork(new URL(`${FOLDER}/unpack-process.js`, import.meta.url), {
    execArgv: [`--max-old-space-size=${MAX_HEAP}`],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const which = files.length === 1 ? files[0]! : `${files[0]}, or one of the ${files.length - 1} others`;
  const damaged = (reason: string) => unexpected(which, "an intact Parquet file", reason);
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve()).once("error", () => resolve());
  });
  let stalled: NodeJS.Timeout | undefined;
  return new Promise<void>((resolve, reject) => {
    stalled = setTimeout(() => reject(damaged("what the decoder finds no end of")), patience);
    child.on("message", (message: FromUnpacking) => {
      stalled?.refresh();
      if (message.kind === "progress") onProgress(message.pictures, message.of);
      else if (message.kind === "end") resolve();
      else reject(errorOf(message));
    });
    child.once("error", reject);
    child.once("exit", () => reject(damaged("what the decoder breaks down on")));
    child.send({ files, folder } satisfies ToUnpacking);
  }).finally(async () => {
    clearTimeout(stalled);
    kill();
    // Not before it has stopped writing into the folder.
    await gone;
    process.off("exit", kill);
  });
}

function errorOf({ message, code, errno, isOurs }: FromUnpacking & { readonly kind: "error" }): Error {
  return isOurs
    ? new NextpixelError(code as ErrorCode, message)
    : Object.assign(new Error(message), { code, errno });
}

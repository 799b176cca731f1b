import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { NextpixelError } from "../basics/errors.ts";
import { WEB_RUNTIME } from "../runtime/ort-web.ts";

/** The version that pages are tested with: that of the runtime on the command line. */
export const RUNTIME_VERSION = "1.30.0";
const PACKAGE = "onnxruntime-web";
const PLACES = [import.meta.url, join(process.cwd(), "here.js")];

/**
 * The files of ONNX Runtime for browsers by the names that pages know them by. They are those of the package
 * `onnxruntime-web`, which is too large to be installed with this one for everybody: it is looked for beside this
 * package, and in the current folder, or from other files (`places`).
 *
 * @throws NOT_FOUND if it is not installed, or in another version
 */
export async function webRuntimeFiles(
  places: readonly string[] = PLACES,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const folder = await packageFolder(places);
  const read = (name: string) => readFile(join(folder, "dist", name));
  return new Map([
    [WEB_RUNTIME.api, await read("ort.wasm.min.mjs")],
    [WEB_RUNTIME.loader, await read("ort-wasm-simd-threaded.mjs")],
    [WEB_RUNTIME.wasm, await promisify(gzip)(await read("ort-wasm-simd-threaded.wasm"))],
  ]);
}

/** Whether `webRuntimeFiles` finds them. */
export const hasWebRuntime = (): Promise<boolean> =>
  packageFolder(PLACES).then(
    () => true,
    () => false,
  );

async function packageFolder(places: readonly string[]): Promise<string> {
  const folder = places.map(folderFrom).find((found) => found !== undefined);
  if (folder === undefined) throw missing("none");
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
  if (version !== RUNTIME_VERSION) throw missing(`version ${version}`);
  return folder;
}

/** Where the package is that a file would get; undefined if there is none. */
function folderFrom(file: string): string | undefined {
  try {
    return dirname(dirname(createRequire(file).resolve(`${PACKAGE}/ort-wasm-simd-threaded.wasm`)));
  } catch {
    return undefined;
  }
}

const missing = (received: string) =>
  new NextpixelError(
    "NOT_FOUND",
    `expected the package ${PACKAGE} ${RUNTIME_VERSION}, which pages train and draw whole pictures with, received ` +
      `${received}: npm install ${PACKAGE}@${RUNTIME_VERSION}`,
  );

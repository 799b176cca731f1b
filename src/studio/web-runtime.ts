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

/**
 * The files of ONNX Runtime for browsers by the names that pages know them by. They are those of the package
 * `onnxruntime-web`, which is too large to be installed with this one for everybody: it is looked for beside this
 * package, and in the current folder, or from other files (`places`).
 *
 * @throws NOT_FOUND if it is not installed, or in another version
 */
export async function webRuntimeFiles(
  places: readonly string[] = [import.meta.url, join(process.cwd(), "here.js")],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const folder = packageFolder(places);
  const read = (name: string) => readFile(join(folder, "dist", name));
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
  if (version !== RUNTIME_VERSION) throw missing(`version ${version}`);
  return new Map([
    [WEB_RUNTIME.api, await read("ort.wasm.min.mjs")],
    [WEB_RUNTIME.loader, await read("ort-wasm-simd-threaded.mjs")],
    [WEB_RUNTIME.wasm, await promisify(gzip)(await read("ort-wasm-simd-threaded.wasm"))],
  ]);
}

function packageFolder(places: readonly string[]): string {
  for (const from of places) {
    try {
      const wasm = createRequire(from).resolve(`${PACKAGE}/ort-wasm-simd-threaded.wasm`);
      return dirname(dirname(wasm));
    } catch {
      // Not there: the next place.
    }
  }
  throw missing("none");
}

const missing = (received: string) =>
  new NextpixelError(
    "NOT_FOUND",
    `expected the package ${PACKAGE} ${RUNTIME_VERSION}, which pages train and draw whole pictures with, received ` +
      `${received}: npm install ${PACKAGE}@${RUNTIME_VERSION}`,
  );

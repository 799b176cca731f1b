import { fileURLToPath } from "node:url";
import type { Format } from "./format.ts";
import { openIdx } from "./idx.ts";

const FILES: ReadonlyMap<string, string> = new Map([
  ["digits", "digits8-train-images-idx3-ubyte.gz"],
  ["digits:test", "digits8-test-images-idx3-ubyte.gz"],
]);
const LEVELS = 17;

/** The data sets that come with nextpixel. */
export const builtIn: Format = {
  help: "digits (built in)",
  canResize: false,
  recognises: (name) => FILES.has(name),
  open(name, options) {
    // datasets/ is three folders up from src/data/formats and from dist/data/formats alike.
    const path = fileURLToPath(new URL(`../../../datasets/${FILES.get(name)!}`, import.meta.url));
    return openIdx(path, { ...options, levels: options.levels ?? LEVELS }, name);
  },
};

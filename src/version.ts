import { createRequire } from "node:module";

/** The version of this package. package.json lies one folder up from src and from dist alike. */
export const version: string = (createRequire(import.meta.url)("../package.json") as { version: string })
  .version;

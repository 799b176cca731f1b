import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/**
 * npm runs the install scripts of those packages that the lock file marks, or warns that it does not. Three packages
 * have one. onnxruntime-node's downloads CUDA libraries, which nextpixel does not use; esbuild's saves some
 * milliseconds; koffi's compiles what its packages for each platform have compiled.
 * Without the marks no version of npm runs them, or says anything. npm sets them again when it updates such a package:
 * then delete the lines.
 */
test("no install script of a package is run by npm ci", () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  expect(Object.keys(packages)).toContain("node_modules/onnxruntime-node");
  const marked = Object.keys(packages).filter((name) => packages[name]!.hasInstallScript);
  expect(marked).toEqual([]);
  // npm 11 warns about every key in it that it does not know.
  expect(existsSync(join(ROOT, ".npmrc"))).toBe(false);
});

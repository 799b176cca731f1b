// Compiles src/ into dist/, from an empty folder, so that a file deleted from src/ does not live on there.
import { execFileSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));

// First the kernels: what is compiled then imports them.
execFileSync(process.execPath, [join(root, "scripts/build-kernels.mjs")], { stdio: "inherit" });
rmSync(join(root, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [join(typescript, "bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
// `npx nextpixel` in the repository itself runs this file as a program.
chmodSync(join(root, "dist/cli/main.js"), 0o755);
await import("./build-page.mjs");

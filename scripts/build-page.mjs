// Bundles the page of the studio into dist/studio/page: plain files that any static host can serve.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const source = join(root, "src/studio/page");
const out = join(root, "dist/studio/page");

await build({
  entryPoints: {
    studio: join(source, "main.tsx"),
    "studio-worker": join(source, "studio-worker.ts"),
    "onnx-worker": join(source, "onnx-worker.ts"),
    // Workers that the sampler starts, beside the file that starts them.
    "web-worker": join(root, "src/runtime/workers/web-worker.ts"),
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  // The page has to keep no names for anybody, but the licences of what is in it have to go with it.
  legalComments: "none",
  logLevel: "warning",
});
for (const file of ["index.html", "studio.css", "icon.svg"])
  copyFileSync(join(source, file), join(out, file));

const bundled = ["preact", "@preact/signals", "@preact/signals-core"];
const licences = bundled.map(
  (name) => `${name}\n\n${readFileSync(join(root, "node_modules", name, "LICENSE"), "utf8").trim()}\n`,
);
writeFileSync(
  join(out, "licences.txt"),
  `This page contains the following packages.\n\n${licences.join("\n\n")}`,
);

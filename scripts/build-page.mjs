// Bundles the page of the studio into dist/studio/page: plain files that any static host can serve.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const source = join(root, "src/studio/page");
const out = join(root, "dist/studio/page");
const local = join(root, "dist/studio/local");

const settings = {
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  // They are written into files of their own, below.
  legalComments: "none",
  logLevel: "warning",
};
await build({
  ...settings,
  entryPoints: {
    studio: join(source, "main.tsx"),
    "studio-worker": join(source, "studio-worker.ts"),
    "onnx-worker": join(source, "onnx-worker.ts"),
    // Workers that the sampler starts, beside the file that starts them.
    "web-worker": join(root, "src/runtime/workers/web-worker.ts"),
  },
  // What several of them have in common is a file of its own, and loaded once.
  splitting: true,
  chunkNames: "shared-[hash]",
  outdir: out,
});
// What the local studio alone has: it is not published.
await build({
  ...settings,
  entryPoints: [
    { in: join(source, "runs/main.tsx"), out: "runs" },
    { in: join(source, "runs/runs.css"), out: "runs" },
  ],
  outdir: local,
});
for (const file of ["index.html", "studio.css", "icon.svg"])
  copyFileSync(join(source, file), join(out, file));

/** The licences of packages that are in a bundle have to go with it. */
function writeLicences(file, names) {
  const licences = names.map(
    (name) => `${name}\n\n${readFileSync(join(root, "node_modules", name, "LICENSE"), "utf8").trim()}\n`,
  );
  writeFileSync(file, `This page contains the following packages.\n\n${licences.join("\n\n")}`);
}
const preact = ["preact", "@preact/signals", "@preact/signals-core"];
writeLicences(join(out, "licences.txt"), preact);
writeLicences(join(local, "runs-licences.txt"), [...preact, "uplot"]);

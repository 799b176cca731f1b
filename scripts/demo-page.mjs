// Makes docs/demo: trains the two networks of the demo page, unless their runs are there, and publishes them. Then
// films the page as it draws, for the README: docs/studio.webp. Takes some ten minutes on two cores, and needs Chromium
// (see test/browser/chromium.ts) for the film.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { film } from "./film-studio.mjs";

const root = join(import.meta.dirname, "..");
const runs = join(root, "runs/demo-page");
const site = join(root, "docs/demo");
const MOST_BYTES = 1_000_000;

const nextpixel = (...words) =>
  execFileSync(process.execPath, [join(root, "dist/cli/main.js"), ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });

const names = ["gated-pixelcnn", "pixelsnail"];
for (const name of names) {
  const out = join(runs, name);
  if (existsSync(join(out, "checkpoints/best.safetensors"))) continue;
  nextpixel("train", "--config", join(root, `recipes/demo-page-${name}.json`), "--out", out, "--force");
}
const paths = names.map((name) => join(runs, name));
const { bytes } = JSON.parse(nextpixel("publish", ...paths, site, "--json"));
if (bytes >= MOST_BYTES)
  throw new Error(`expected less than ${MOST_BYTES} bytes for ${site}, received ${bytes}`);
console.log(`${site}: ${bytes} bytes`);
const webp = join(root, "docs/studio.webp");
console.log(`${webp}: ${await film(site, webp)} bytes`);

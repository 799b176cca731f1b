// Trains a PixelCNN on the built-in digits; Ctrl-C stops it with everything saved, and the next call goes on from
// there.
//   node examples/train.js [run] [steps]
import { existsSync } from "node:fs";
import { resume, train } from "nextpixel";

const [run = "runs/example", steps = "300"] = process.argv.slice(2);
const controller = new AbortController();
process.once("SIGINT", () => controller.abort());

const options = {
  signal: controller.signal,
  onEvent(event) {
    if (event.type !== "metrics" || event.valid === null) return;
    console.log(`step ${event.step}: ${event.valid.bitsPerDim.toFixed(3)} bits/dim`);
  },
};
const result = existsSync(`${run}/config.json`)
  ? await resume(run, options)
  : await train({ dataset: "digits", out: run, steps: Number(steps) }, options);
console.log(`${result.step} steps: ${result.valid.nats.toFixed(2)} nats`);

// train.js
import { ImageModel, savePictures, train } from "nextpixel";
import network from "./my-network.js";

const { valid } = await train({
  dataset: "digits",
  model: network,
  sizes: { width: 24 },
  steps: 4, batch: 8,
  out: "runs/program",
});
console.log(`validation: ${valid.bitsPerDim.toFixed(2)} bits/dim`);

const model = await ImageModel.load("runs/program");
await savePictures("nine.png", await model.sample({ count: 9, seed: 1 }));
const { bitsPerDim } = await model.score("digits:test");
console.log(`test: ${bitsPerDim.toFixed(2)} bits/dim`);

// Finds the pictures of a data set that a network finds the least likely: what a model of exact likelihoods is for.
//   node examples/odd-one-out.js [run] [data set]
import { ImageModel } from "nextpixel";

const [run = "runs/example", dataset = "digits:test"] = process.argv.slice(2);
const model = await ImageModel.load(run);
const nats = [];
const { bitsPerDim } = await model.score(dataset, { onBatch: (batch) => void nats.push(...batch.nats) });

console.log(`${nats.length} pictures: ${bitsPerDim.toFixed(3)} bits/dim`);
const oddest = [...nats.keys()].sort((a, b) => nats[b] - nats[a]).slice(0, 5);
for (const index of oddest) console.log(`picture ${index}: ${nats[index].toFixed(1)} nats`);

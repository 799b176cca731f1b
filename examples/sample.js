// Draws 16 new pictures with a trained network: the same ones for the same seed, on every machine.
//   node examples/sample.js [run] [file.png]
import { ImageModel, savePictures } from "nextpixel";

const [run = "runs/example", file = "drawn.png"] = process.argv.slice(2);
const model = await ImageModel.load(run);
const drawn = await model.sample({ count: 16, seed: 7 });
await savePictures(file, { ...drawn, columns: 4 });
console.log(`${file}: the likeliest of them has ${Math.min(...drawn.nats).toFixed(1)} nats`);

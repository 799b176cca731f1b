// Shows pictures whose first rows are given, each with three ways to go on.
//   node examples/complete.js [run] [data set or picture] [file.png]
import { ImageModel, savePictures } from "nextpixel";

const [run = "runs/example", pictures = "digits:test", file = "completed.png"] = process.argv.slice(2);
const model = await ImageModel.load(run);
const rows = Math.ceil(model.size.rows / 2);
const drawn = await model.complete(pictures, { rows, limit: 5, count: 3, seed: 1 });
await savePictures(file, { ...drawn, columns: 3 });
console.log(`${file}: ${drawn.count} completions from the first ${rows} rows`);

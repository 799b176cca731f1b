// Draws one picture in the terminal, row by row as it is finished.
//   node examples/live.js [run] [seed]
import { ImageModel } from "nextpixel";

const [run = "runs/example", seed = "0"] = process.argv.slice(2);
const SHADES = " .:-=+*#%@";
const model = await ImageModel.load(run);
for await (const event of model.stream({ count: 1, seed: Number(seed) })) {
  if (event.kind !== "row") continue;
  const shade = (level) => SHADES[Math.floor((level / model.levels) * SHADES.length)].repeat(2);
  console.log(Array.from(event.levels.subarray(0, model.size.cols), shade).join(""));
}

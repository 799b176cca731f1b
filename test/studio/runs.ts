import { join } from "node:path";
import { train } from "../../src/train/train.ts";
import { pngFiles } from "../cli/picture-files.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

/** A run of grey pictures of 8x8 with 17 levels and ten classes. */
export const DIGITS = join(import.meta.dirname, "../fixtures/run-of-format-1");

/** The folder of a run that was trained on coloured pictures of a folder. */
export async function trainedOnColours(): Promise<string> {
  const folder = await temporaryFolder(await pngFiles("secret-pictures", 12, 7, 6));
  const out = join(folder, "colours");
  await train({
    dataset: join(folder, "secret-pictures"),
    out,
    model: "pixelcnn",
    sizes: { width: 6, depth: 2 },
    levels: 5,
    steps: 20,
    lr: 0.02,
    batch: 4,
    shares: 1,
  });
  return out;
}

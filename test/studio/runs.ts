import { join } from "node:path";
import type { FieldRequest } from "../../src/train/field-request.ts";
import { train } from "../../src/train/train.ts";
import { pngFiles } from "../cli/picture-files.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

/** A run of grey pictures of 8x8 with 17 levels and ten classes. */
export const DIGITS = join(import.meta.dirname, "../fixtures/run-of-format-1");

/** The folder of a run of grey pictures of 8x8 that was told something in advance. */
export async function trainedWithField(field: FieldRequest): Promise<string> {
  const out = join(await temporaryFolder(), "with-field");
  await train({
    dataset: "digits",
    out,
    model: "pixelcnn",
    sizes: { width: 6, depth: 2 },
    fieldWidth: 6,
    fieldDepth: 1,
    levels: 5,
    steps: 20,
    lr: 0.02,
    batch: 16,
    shares: 1,
    ...field,
  });
  return out;
}

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

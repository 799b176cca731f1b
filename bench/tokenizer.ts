import { capability } from "../src/families/by-name.ts";
import { openForward } from "../src/programs/forward.ts";
import { LATENTS_BATCH, openDecoder, openEncoder } from "../src/programs/latents.ts";
import { initialState, vectorOfParts } from "../src/programs/training-state.ts";
import { PARAMETERS } from "../src/programs/update-program.ts";
import { levelsOf } from "./levels.ts";
import { configOf, describe, family, trainable } from "./networks.ts";
import { median } from "./statistics.ts";

const MODEL = "fsq";
const SIDE = 256;

/**
 * Pictures per second of a tokenizer as it comes, on colour pictures of 256 x 256: to codes and back. Weights are those
 * before training, which take as long as any.
 */
export async function benchTokenizer({
  rounds,
  threads,
}: {
  readonly rounds: number;
  readonly threads: number;
}): Promise<void> {
  const network = { ...family(MODEL), size: SIDE };
  const config = configOf(network);
  const { parts, picture } = trainable(network, LATENTS_BATCH);
  const model = { config, weights: vectorOfParts(initialState(parts, 1), PARAMETERS) };
  const maps = capability(config, "latents");
  const runtime = { cores: () => threads, openForward };
  const encoder = await openEncoder(maps, model, LATENTS_BATCH, runtime);
  const decoder = await openDecoder(maps, model, LATENTS_BATCH, runtime);
  const pictures = Uint8Array.from(levelsOf(picture.shape, config.levels));
  const seconds: Record<"encode" | "decode", number[]> = { encode: [], decode: [] };
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    const groups = await encoder.latents(pictures);
    const encoded = performance.now();
    await decoder.pictures({ count: LATENTS_BATCH, groups, classes: undefined });
    // The first round warms up.
    if (round === 0) continue;
    seconds.encode.push((encoded - start) / 1000);
    seconds.decode.push((performance.now() - encoded) / 1000);
  }
  await encoder.close();
  await decoder.close();
  console.log(
    `${describe(network)}, ${LATENTS_BATCH} at once, ${threads} threads, medians of ${rounds} rounds:`,
  );
  for (const [what, times] of Object.entries(seconds))
    console.log(`  ${what}  ${(LATENTS_BATCH / median(times)).toFixed(1).padStart(6)} pictures/s`);
}

import { join } from "node:path";
import { familyOf } from "../../src/families/by-name.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { saveBestWeights } from "../../src/run/best-weights.ts";
import type { RunConfig } from "../../src/run/config.ts";
import { appendMetrics } from "../../src/run/metrics.ts";
import { createRunFolder, writeConfig } from "../../src/run/run-folder.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

/** The folder of a run that has its first weights only, as if they were those of its step 5. */
export async function runWithFirstWeights(config: RunConfig): Promise<string> {
  const run = join(await temporaryFolder(), "run");
  await createRunFolder(run);
  await writeConfig(run, config);
  const { parts, figures, best } = familyOf(config.network).evaluation(config.network, 1);
  const weights = parts.map(({ name, declarations }) => [name, initialParameters(declarations, 3)] as const);
  const valid = Object.fromEntries(figures.map(({ name }, i) => [name, 10.125 + i]));
  await appendMetrics(run, { step: 4, valid: null });
  await appendMetrics(run, { step: 5, valid: best === undefined ? null : valid });
  await saveBestWeights(
    run,
    5,
    Object.fromEntries(weights),
    parts,
    best === undefined ? undefined : { name: best, value: valid[best]! },
  );
  return run;
}

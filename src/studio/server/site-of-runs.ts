import { Hono } from "hono";
import { readRunConfig } from "../../run/config.ts";
import { encodeWeights } from "../../run/saved-model.ts";
import { configFile, publishable } from "../publish.ts";
import { STUDIO_HEADER } from "../runs-api.ts";
import {
  CONFIG_FILE,
  FIGURES_FILE,
  RUNS_FILE,
  RUNS_FOLDER,
  WEIGHTS_FILE,
  type PublishedFigures,
  type PublishedRun,
} from "../site.ts";
import type { SentList } from "./run-list.ts";
import { runNamed } from "./run-paths.ts";

/** The files that a published site has of its runs, made of the runs as they are now. */
export function siteOfRuns(
  root: string,
  list: () => Promise<SentList>,
  figures: PublishedFigures | undefined,
): Hono {
  const app = new Hono();
  if (figures) app.get(`/${FIGURES_FILE}`, (context) => context.json(figures));

  app.get(`/${RUNS_FILE}`, async (context) => {
    const { runs } = await list();
    const published = runs
      .filter(({ draws }) => draws !== undefined)
      .map(({ name, model, family, step }): PublishedRun => ({ folder: name, model: model!, family, step }));
    return context.json(published, 200, { [STUDIO_HEADER]: "local" });
  });

  app.get(`/${RUNS_FOLDER}/:run/${CONFIG_FILE}`, async (context) => {
    const { network } = await readRunConfig(await runNamed(root, context.req.param("run")));
    return context.body(configFile(network), 200, { "Content-Type": "application/json" });
  });

  app.get(`/${RUNS_FOLDER}/:run/${WEIGHTS_FILE}`, async (context) => {
    const model = await publishable(await runNamed(root, context.req.param("run")));
    return context.body(new Uint8Array(encodeWeights(model)), 200, {
      "Content-Type": "application/octet-stream",
    });
  });

  return app;
}

import type { HttpBindings } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { wholeNumber } from "../../basics/errors.ts";
import { loadSavedModel } from "../../run/saved-model.ts";
import { interpolate } from "../../tasks/interpolate.ts";
import { sample } from "../../tasks/sample.ts";
import { PICTURES_HEADER, type SentPictures } from "../runs-api.ts";
import { runNamed } from "./run-paths.ts";

/** More than a view shows. */
const MAX_PICTURES = 64;
/** Milliseconds that a drawing may take before anything of it is sent. */
const PATIENCE = 600_000;

/** Pictures that runs draw, for models that the page cannot draw with. */
export function drawings(root: string): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const modelOf = async (context: Context) => loadSavedModel(await runNamed(root, context.req.param("run")!));
  const numberOf = (context: Context, name: string, least: number, largest?: number) =>
    wholeNumber(Number(context.req.query(name) || "nothing"), name, least, largest);

  app.use(async ({ env }, next) => {
    const { socket } = env.incoming;
    const { timeout } = socket;
    socket.setTimeout(PATIENCE);
    await next();
    socket.setTimeout(timeout ?? 0);
  });

  app.get("/:run/sample", async (context) => {
    const count = numberOf(context, "count", 1, MAX_PICTURES);
    const seed = numberOf(context, "seed", 0);
    const { signal } = context.req.raw;
    return send(context, await sample(await modelOf(context), { count, seed, signal, workers: 1 }));
  });

  app.get("/:run/walk", async (context) => {
    const count = numberOf(context, "count", 2, MAX_PICTURES);
    const [fromSeed, toSeed] = [numberOf(context, "from", 0), numberOf(context, "to", 0)];
    return send(context, await interpolate(await modelOf(context), { fromSeed, toSeed, count }));
  });

  return app;
}

function send(
  context: Context,
  { pictures, size, levels, count }: SentPictures & { readonly pictures: Uint8Array },
): Response {
  const about: SentPictures = { size, levels, count };
  return context.body(new Uint8Array(pictures), 200, {
    "Content-Type": "application/octet-stream",
    [PICTURES_HEADER]: JSON.stringify(about),
  });
}

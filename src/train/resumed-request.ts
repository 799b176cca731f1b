import { expected, NextpixelError } from "../basics/errors.ts";
import type { TokenizerConfig } from "../programs/network.ts";
import type { RunConfig } from "../run/config.ts";
import { configOf, requestOf } from "./config-of-request.ts";
import { nameOf, type TrainRequest } from "./request.ts";

/** What is asked for when a run is resumed: nothing, the same as before, or more steps. */
export type ResumeRequest = Omit<TrainRequest, "out" | "force" | "dataset"> & {
  readonly dataset?: TrainRequest["dataset"] | undefined;
};

/**
 * The request with which a run is resumed: its own, with more steps or another device if they are asked for.
 *
 * @throws ARGUMENT, naming both values, if anything else differs from what the run was started with.
 */
export function resumedRequest(run: string, own: RunConfig, asked: ResumeRequest): TrainRequest {
  const { levels, size, classes, model, tokenizer, field } = own.network;
  if (asked.model !== undefined && nameOf(asked.model) !== model)
    throw differs(run, "network.model", model, asked.model);
  if (asked.classConditional === true && classes === undefined)
    throw differs(run, "classConditional", false, true);
  const { pictures } = own.data;
  if (asked.epochs !== undefined && pictures === undefined)
    throw expected("ARGUMENT", "steps", "what a run of an early version is to go on to", "epochs");

  const before = requestOf(own, run);
  const { dataset: _, ...rest } = asked;
  const request: TrainRequest = {
    ...before,
    ...(asked.valid !== undefined && { validFraction: undefined }),
    ...(asked.validFraction !== undefined && { valid: undefined }),
    ...(asked.epochs !== undefined && { steps: undefined }),
    ...defined(rest),
    dataset: asked.dataset ?? before.dataset,
    sizes: asked.preset === undefined ? { ...before.sizes, ...defined(asked.sizes ?? {}) } : asked.sizes,
    settings: { ...before.settings, ...defined(asked.settings ?? {}) },
    // Which is the same, see `checkTokenizer`, and in the run itself.
    tokenizer: before.tokenizer,
    out: run,
  };
  const config = configOf(
    { ...request, device: own.training.device },
    {
      count: pictures?.train ?? 1,
      levels: asked.levels ?? levels,
      size,
      classes,
      tokenizer,
      conditionChannels: field?.kind === "picture" ? field.channels : undefined,
    },
  );
  checkSame(run, own, { ...config, data: { ...config.data, pictures } });
  return request;
}

/** Checks that a run is resumed with its own tokenizer. @throws ARGUMENT, naming both hashes, if it is another one. */
export function checkTokenizer(run: string, own: RunConfig, given: TokenizerConfig): void {
  const wanted = own.network.tokenizer?.sha256;
  if (given.sha256 !== wanted) throw differs(run, "network.tokenizer.sha256", wanted, given.sha256);
}

const defined = <Given extends object>(given: Given): Partial<Given> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Given>;

/**
 * Another version may resume a run, and another device if the run's own is not available: weights then differ by
 * rounding.
 */
const FREE_TO_CHANGE = ["nextpixel", "training.device"];

/**
 * Checks that a run is resumed with the same pictures, the same network and the same training, except more steps.
 *
 * @throws ARGUMENT that names what differs.
 */
export function checkSame(run: string, own: RunConfig, given: RunConfig): void {
  const [before, after] = [fieldsOf(own), fieldsOf(given)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [wanted, received] = [before.get(key), after.get(key)];
    if (wanted === received || FREE_TO_CHANGE.includes(key)) continue;
    if (wanted === undefined && key.startsWith("data.pictures.")) continue;
    if (key === "training.steps" && (received as number) > (wanted as number)) continue;
    throw differs(run, key, wanted, received);
  }
}

function differs(run: string, key: string, wanted: unknown, received: unknown): NextpixelError {
  const [a, b] = [wanted, received].map((value) => (value === undefined ? "none" : JSON.stringify(value)));
  return new NextpixelError("ARGUMENT", `expected ${key} ${a} to resume "${run}", received ${b}`);
}

/** Every value inside a configuration, by its path. */
export function fieldsOf(value: unknown, path = ""): Map<string, unknown> {
  if (typeof value !== "object" || value === null) return new Map(value === undefined ? [] : [[path, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, field]) => [
      ...fieldsOf(field, path === "" ? key : `${path}.${key}`),
    ]),
  );
}

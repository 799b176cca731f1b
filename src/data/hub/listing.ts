import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import * as v from "valibot";
import { expected, NextpixelError } from "../../basics/errors.ts";
import { ask, statusOf, unavailable } from "../../fetch/ask.ts";
import type { FetchSettings } from "../../fetch/settings.ts";
import { writeAtomically } from "../../files/atomic-write.ts";
import { isThere, readBounded } from "../../files/bounded-read.ts";
import { checked } from "../../files/checked.ts";
import { parseJson } from "../../files/json.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { writeError } from "../../files/system-error.ts";
import { unexpected } from "../../files/unexpected.ts";
import { mapConcurrently } from "../concurrent.ts";
import type { HubName } from "./name.ts";

/** Bounds on what the Hub may say: bytes of a listing, and redirections to a file. */
const MAX_BYTES = 2 ** 25;
const MAX_REDIRECTS = 5;
const FILES_AT_ONCE = 4;

/** The URLs of a data set's Parquet files, by config and split. */
const urls = v.record(v.string(), v.record(v.string(), v.array(v.string())));

const hubFile = v.strictObject({
  url: v.string(),
  path: v.pipe(v.string(), v.regex(/^\d{4,6}\.parquet$/)),
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
});

export type HubFile = v.InferOutput<typeof hubFile>;

/** The files of a split: what is kept of it, so that a name means the same pictures tomorrow. */
const listing = v.strictObject({ format: v.literal(2), files: v.array(hubFile) });

const KEPT = "nextpixel-files.json";

/**
 * The Parquet files of a split: what was listed the first time, and is kept in `folder`, or else what the Hub lists
 * now, its own or those that the Hub has converted (https://huggingface.co/docs/dataset-viewer/parquet). A split of
 * which it has converted only the beginning has another name there: `partial-train` in place of `train`.
 *
 * @throws DOWNLOAD if the Hub cannot be asked; NOT_FOUND if it has no such data set, config or split, or if the config
 * must be named; FORMAT if its answer, or what is kept of it, is something else.
 */
export async function hubListing(
  name: string,
  wanted: HubName,
  folder: string,
  settings: FetchSettings,
): Promise<readonly HubFile[]> {
  const kept = join(folder, KEPT);
  if (await isThere(kept))
    return checked(listing, parseJson(await readBounded(kept, MAX_BYTES), kept), kept).files;
  const url = `${settings.hub}/api/datasets/${wanted.repository}/parquet`;
  const bytes = await ask(url, settings, async (send) => {
    const answer = await send({ headers: authorization(settings) });
    if ([401, 403, 404].includes(answer.status)) {
      throw new NextpixelError(
        "NOT_FOUND",
        `no data set with Parquet files at ${url} (HTTP ${answer.status}), or one that is not open to all: for such a one set HF_TOKEN`,
      );
    }
    if (!answer.ok) throw unavailable(url, statusOf(answer));
    return buffer(answer.content(MAX_BYTES, `at most ${MAX_BYTES} bytes`));
  });
  const listed = `a listing of files from ${url}`;
  const found = urlsOf(name, wanted, checked(urls, parseJson(bytes, url), listed));
  const files = await mapConcurrently(found, FILES_AT_ONCE, async (one, i) => ({
    path: `${String(i).padStart(4, "0")}.parquet`,
    ...(await fileAt(one, settings)),
  }));
  const asked = checked(listing, { format: 2, files }, listed);
  await makeFolder(folder).catch((cause: unknown) => {
    throw writeError(folder, cause);
  });
  await writeAtomically(kept, JSON.stringify(asked));
  return asked.files;
}

export const authorization = ({ hubToken }: FetchSettings): Record<string, string> =>
  hubToken === undefined ? {} : { authorization: `Bearer ${hubToken}` };

function urlsOf(name: string, { config, split }: HubName, configs: v.InferOutput<typeof urls>): string[] {
  const oneOf = (what: string) => expected("NOT_FOUND", `one of the ${what}`, "a data set on the Hub", name);
  const names = Object.keys(configs);
  const byDefault = names.length === 1 ? names[0]! : "default";
  const splits = new Map(Object.entries(configs)).get(config ?? byDefault);
  if (splits === undefined) {
    const form = config === undefined && names.length > 0 ? " to be named (hf:owner/name/config:split)" : "";
    throw oneOf(`configs ${names.join(", ") || "(none)"}${form}`);
  }
  const found = new Map(Object.entries(splits)).get(split) ?? [];
  if (found.length === 0) throw oneOf(`splits ${Object.keys(splits).join(", ")}`);
  return found;
}

/** Size and SHA-256 of a file: the Hub says them where it redirects to the server that has the file. */
async function fileAt(listed: string, settings: FetchSettings) {
  // A mirror of the Hub lists the Hub's own addresses.
  const url = settings.hub + address(listed, settings.hub).pathname;
  const headers = { ...authorization(settings), "accept-encoding": "identity" };
  let at = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    // Nothing is asked elsewhere: nobody but the Hub gets the token.
    if (new URL(at).origin !== new URL(url).origin) throw unavailable(at, `this is not at ${settings.hub}`);
    const answer = await ask(at, settings, (send) => send({ method: "HEAD", redirect: "manual", headers }));
    const length = answer.ok ? answer.headers.get("content-length") : null;
    const size = answer.headers.get("x-linked-size") ?? length;
    if (size !== null) {
      const sha256 = /^"?([0-9a-f]{64})"?$/.exec(answer.headers.get("x-linked-etag") ?? "")?.[1];
      return { url, bytes: Number(size), sha256 };
    }
    const location = answer.headers.get("location");
    if (location === null) throw unavailable(at, statusOf(answer));
    at = address(location, at).href;
  }
  throw unavailable(url, "too many redirections");
}

function address(text: string, from: string): URL {
  if (URL.canParse(text, from)) return new URL(text, from);
  throw unexpected(from, "addresses of files", text);
}

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { expected, NextpixelError, shortened } from "../../basics/errors.ts";
import { unavailable } from "../../fetch/receive.ts";
import type { FetchSettings } from "../../fetch/settings.ts";
import { fetchSmall } from "../../fetch/small-answer.ts";
import { writeAtomically } from "../../files/atomic-write.ts";
import { isThere, readBounded } from "../../files/bounded-read.ts";
import { parseJson } from "../../files/json.ts";
import { writeError } from "../../files/system-error.ts";
import { unexpected } from "../../files/unexpected.ts";

const MAX_FILES = 100_000;
/** Characters of a path: what file systems take. */
const MAX_PATH = 1024;
/** Bound on one answer of the Hub, which has some thousand files, and on all of them together as they are kept. */
const MAX_BYTES = 2 ** 25;

/** A path that stays in its folder, on all systems. */
const path = v.pipe(
  v.string(),
  v.maxLength(MAX_PATH),
  v.check((text) => text.split("/").every((part) => /^[^.\\:\0][^\\:\0]*$/.test(part)), "leaves its folder"),
);
const bytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const schema = v.strictObject({
  format: v.literal(1),
  commit: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  files: v.pipe(v.array(v.strictObject({ path, bytes, sha256: v.optional(sha256) })), v.maxLength(MAX_FILES)),
});

/** The Parquet files of a repository at one commit. */
export type HubListing = v.InferOutput<typeof schema>;

/** The Hub's own conversions of data sets that are in another format. */
const CONVERSION = "refs/convert/parquet";

/** Kept beside the files, so that a name means the same pictures tomorrow. */
const FILE = "nextpixel-files.json";

/**
 * The Parquet files of the data set `owner/name`: what was listed the first time, or else what the Hub lists now, its own
 * conversion where a repository has none. DOWNLOAD error if it cannot be asked, NOT_FOUND error if it has no such data set, FORMAT
 * error if its answer, or what was kept of it, is none.
 */
export async function hubListing(
  repository: string,
  folder: string,
  settings: FetchSettings,
): Promise<HubListing> {
  const kept = join(folder, FILE);
  if (await isThere(kept)) return checked(kept, parseJson(await readBounded(kept, MAX_BYTES), kept));
  const listing = await ask(repository, settings);
  if (listing.files.length > 0) {
    await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
      throw writeError(folder, cause);
    });
    await writeAtomically(kept, JSON.stringify(listing));
  }
  return listing;
}

async function ask(repository: string, settings: FetchSettings): Promise<HubListing> {
  const original = await listingAt("main", repository, settings);
  if (original.files.length > 0) return original;
  return listingAt(CONVERSION, repository, settings).catch((error: unknown) => {
    if (error instanceof NextpixelError && error.code === "NOT_FOUND") return original;
    throw error;
  });
}

async function listingAt(revision: string, repository: string, settings: FetchSettings): Promise<HubListing> {
  const { datasetInfo, listFiles, HubApiError } = await import("@huggingface/hub");
  const { hub: hubUrl, hubToken } = settings;
  const url = `${hubUrl}/datasets/${repository}`;
  const access = {
    hubUrl,
    fetch: fetchSmall(hubUrl, MAX_BYTES, settings),
    ...(hubToken === undefined ? {} : { accessToken: hubToken }),
  };
  try {
    const { sha: commit } = await datasetInfo({
      ...access,
      name: repository,
      revision,
      additionalFields: ["sha"],
    });
    const repo = { type: "dataset", name: repository } as const;
    const files: unknown[] = [];
    let count = 0;
    for await (const { type, path, size, lfs } of listFiles({
      ...access,
      repo,
      revision: commit,
      recursive: true,
    })) {
      if (++count > MAX_FILES) throw expected("FORMAT", `at most ${MAX_FILES} files`, url, "more");
      if (type === "file" && path.endsWith(".parquet")) files.push({ path, bytes: size, sha256: lfs?.oid });
    }
    return checked(url, { format: 1, commit, files });
  } catch (error) {
    if (error instanceof NextpixelError) throw error;
    if (!(error instanceof HubApiError)) throw unexpected(url, "a listing of files", String(error));
    const { statusCode } = error;
    if (![401, 403, 404].includes(statusCode)) throw unavailable(error.url, `HTTP ${statusCode}`);
    throw new NextpixelError(
      "NOT_FOUND",
      `no data set at ${url} (HTTP ${statusCode}), or one that is not open to all: for such a one set HF_TOKEN`,
    );
  }
}

/** `where` names it in the error. */
function checked(where: string, listing: unknown): HubListing {
  const result = v.safeParse(schema, listing);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = shortened(v.getDotPath(issue) ?? "the whole");
  throw unexpected(where, "a listing of files", `${field}: ${shortened(issue.message)}`);
}

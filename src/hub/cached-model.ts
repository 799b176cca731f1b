import { dirname, join } from "node:path";
import * as v from "valibot";
import { expected, NextpixelError } from "../basics/errors.ts";
import { cachedFiles, type CachedFile } from "../fetch/download.ts";
import type { FetchSettings } from "../fetch/settings.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { isThere, readBounded } from "../files/bounded-read.ts";
import { checked } from "../files/checked.ts";
import { parseJson } from "../files/json.ts";
import { makeFolder } from "../files/make-folder.ts";
import { writeError } from "../files/system-error.ts";
import { unexpected } from "../files/unexpected.ts";
import { entriesAt, hubJson } from "./listing.ts";
import { COMMIT, type HubModel } from "./names.ts";

/*
 * The cache has, below hf-models/owner/name:
 *
 *     <commit>/       files of the model
 *     <commit>.json   their sizes and hashes, by which they are checked whenever they are used
 *     refs/<name>     the commit that a branch or a tag meant the last time
 */

/** Bound on the bytes of a file. */
const MAX_BYTES = 2 ** 31 - 1;
const MAX_NOTE_BYTES = 2 ** 16;

const commitNote = v.object({ sha: v.pipe(v.string(), v.regex(COMMIT)) });
const fileNotes = v.array(
  v.object({
    path: v.string(),
    bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_BYTES)),
    sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
    gitSha1: v.optional(v.pipe(v.string(), v.regex(COMMIT))),
  }),
);

/** The names of files of a model. */
export interface FileNames {
  readonly needed: readonly string[];
  /** That only some models have. */
  readonly optional: readonly string[];
}

/**
 * The folder of the cache with these files of a model on the Hub, and with those of the optional ones that it has. A
 * branch or a tag is asked for each time, because it may mean another commit today; if the Hub cannot be reached, it is
 * the one that it meant the last time. A commit is downloaded once. Files are checked by the hashes that the Hub has told: SHA-256 of large ones, Git's SHA-1 of others.
 *
 * @throws DOWNLOAD if the Hub cannot be reached; NOT_FOUND if there is no such model, or it lacks a file; FORMAT if a
 * file is another one than the Hub says; the errors of `cachedFiles`.
 */
export async function cachedModel(
  model: HubModel,
  names: FileNames,
  settings: FetchSettings,
): Promise<string> {
  const place = join(settings.cache, "hf-models", model.repository);
  const commit = await commitOf(model, place, settings);
  const folder = join(place, commit);
  const files = await filesOf(model.repository, commit, names, `${folder}.json`, settings);
  await cachedFiles(folder, files, settings);
  return folder;
}

/** The commit that a revision means. */
async function commitOf(model: HubModel, place: string, settings: FetchSettings): Promise<string> {
  const { repository, revision } = model;
  if (COMMIT.test(revision)) return revision;
  const note = join(place, "refs", encodeURIComponent(revision));
  try {
    const url = `${settings.hub}/api/models/${repository}/revision/${encodeURIComponent(revision)}`;
    const { sha } = checked(commitNote, await hubJson(url, "model", settings), url);
    await writeNote(note, { sha });
    return sha;
  } catch (cause) {
    const isAway = cause instanceof NextpixelError && cause.code === "DOWNLOAD";
    if (!isAway || !(await isThere(note))) throw cause;
    const { sha } = checked(commitNote, await readNote(note), note);
    settings.onEvent({ kind: "offline", file: join(place, sha), reason: cause.message });
    return sha;
  }
}

/** What is known of the files of a commit: noted, or else asked for. */
async function filesOf(
  repository: string,
  commit: string,
  { needed, optional }: FileNames,
  note: string,
  settings: FetchSettings,
): Promise<CachedFile[]> {
  if (!(await isThere(note))) {
    const listed = await entriesAt(
      `${settings.hub}/api/models/${repository}/tree/${commit}`,
      "model",
      settings,
    );
    const found = [...needed, ...optional].flatMap((name) => {
      const entry = listed.find(({ type, path }) => type === "file" && path === name);
      if (entry !== undefined) return [{ path: name, ...sizeAndHash(entry) }];
      if (optional.includes(name)) return [];
      throw expected("NOT_FOUND", `a model with the file ${name}`, `hf:${repository}@${commit}`, "none");
    });
    await writeNote(note, checked(fileNotes, found, `what the Hub says of hf:${repository}`));
  }
  const files = checked(fileNotes, await readNote(note), note);
  return [...needed, ...optional].flatMap((name) => {
    const file = files.find(({ path }) => path === name);
    if (file) return [{ ...file, url: `${settings.hub}/${repository}/resolve/${commit}/${name}` }];
    if (optional.includes(name)) return [];
    throw unexpected(note, `a note of ${name}`, "none");
  });
}

type Entry = Awaited<ReturnType<typeof entriesAt>>[number];

const sizeAndHash = ({ oid, size, lfs }: Entry) =>
  lfs ? { bytes: lfs.size, sha256: lfs.oid } : { bytes: size, gitSha1: oid ?? "none" };

async function writeNote(file: string, content: unknown): Promise<void> {
  await makeFolder(dirname(file)).catch((cause: unknown) => {
    throw writeError(file, cause);
  });
  await writeAtomically(file, `${JSON.stringify(content)}\n`);
}

const readNote = async (file: string): Promise<unknown> =>
  parseJson(await readBounded(file, MAX_NOTE_BYTES), file);

import { createHash } from "node:crypto";
import * as v from "valibot";
import { expected, NextpixelError } from "../basics/errors.ts";
import { gitSha1 } from "../fetch/download.ts";
import { postJson, send, sendSurely, sentJson, type Message } from "../fetch/send.ts";
import type { FetchSettings } from "../fetch/settings.ts";
import { checked } from "../files/checked.ts";
import { parseJson } from "../files/json.ts";
import { unexpected } from "../files/unexpected.ts";
import { checkRepository, COMMIT, DEFAULT_REVISION } from "./names.ts";
import { uploadLarge, type LargeFile } from "./upload.ts";

export interface PushOptions {
  /** The branch to push to, which is made if there is none; `main` by default. */
  readonly revision?: string | undefined;
  /** Whether a new repository is open to its owner only. */
  readonly private?: boolean | undefined;
  /** The message of the commit. */
  readonly message?: string | undefined;
}

export interface Pushed {
  /** Where people see it. */
  readonly url: string;
  /** With all of the files; an earlier one if it had them already. */
  readonly commit: string;
  /** The paths of what was new there. */
  readonly changed: readonly string[];
}

const commitId = v.pipe(v.string(), v.regex(COMMIT));
const modelInfo = v.object({ private: v.boolean() });
const revisionInfo = v.object({ sha: commitId });
const preuploaded = v.object({
  files: v.array(
    v.object({
      path: v.string(),
      uploadMode: v.picklist(["regular", "lfs"]),
      /** Of what the branch has at this path. */
      oid: v.optional(v.nullable(v.string())),
    }),
  ),
});
const committed = v.object({ commitOid: commitId });

/** How many bytes of a file the Hub looks at, to tell whether it is text. */
const SAMPLE_BYTES = 512;

/**
 * Commits files to a model on the Hugging Face Hub, as one commit, in place of those of the same names. The repository
 * and the branch are made if there are none. What the branch has already is not sent again.
 *
 * @throws ARGUMENT if there is no token, or the repository is open to all though a private one is asked for; UPLOAD if
 * the Hub refuses, or cannot be reached; FORMAT if it answers something else
 */
export async function pushFiles(
  repository: string,
  files: ReadonlyMap<string, Uint8Array>,
  { revision: branch = DEFAULT_REVISION, private: isPrivate = false, message }: PushOptions,
  settings: FetchSettings,
): Promise<Pushed> {
  checkRepository(repository, branch);
  if (settings.hubToken === undefined)
    throw new NextpixelError(
      "ARGUMENT",
      "to push, set HF_TOKEN to an access token of the Hub that may write",
    );
  const model = `${settings.hub}/api/models/${repository}`;
  await makeRepository(repository, isPrivate, settings);
  const parent = await headOf(model, branch, settings);

  const all = [...files].map(([path, content]) => ({ path, content, sha256: sha256Of(content) }));
  const asked = await sentJson(
    postJson(`${model}/preupload/${encodeURIComponent(branch)}`, {
      files: all.map(({ path, content, sha256 }) => ({
        path,
        size: content.length,
        sample: base64(content.subarray(0, SAMPLE_BYTES)),
        sha: sha256,
      })),
    }),
    preuploaded,
    settings,
  );
  const changed = all.flatMap((file) => {
    const found = asked.files.find(({ path }) => path === file.path);
    if (!found) throw unexpected(model, `an answer about ${file.path}`, "none");
    const isLarge = found.uploadMode === "lfs";
    const oid = isLarge ? file.sha256 : gitSha1(file.content);
    return found.oid === oid ? [] : [{ ...file, isLarge }];
  });
  const url = `${settings.hub}/${repository}`;
  if (changed.length === 0) return { url, commit: parent, changed: [] };

  await uploadLarge(
    repository,
    branch,
    changed.filter(({ isLarge }) => isLarge),
    settings,
  );
  const lines = [
    {
      key: "header",
      value: { summary: message ?? "Push by nextpixel", description: "", parentCommit: parent },
    },
    ...changed.map(commitLine),
  ];
  const commit: Message = {
    method: "POST",
    url: `${model}/commit/${encodeURIComponent(branch)}`,
    headers: { "content-type": "application/x-ndjson" },
    body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  };
  const { commitOid } = await sentJson(commit, committed, settings);
  return { url, commit: commitOid, changed: changed.map(({ path }) => path) };
}

/** A file as a line of a commit: a large one by its hash. */
const commitLine = ({ path, content, sha256, isLarge }: LargeFile & { readonly isLarge: boolean }) =>
  isLarge
    ? { key: "lfsFile", value: { path, algo: "sha256", oid: sha256, size: content.length } }
    : { key: "file", value: { path, encoding: "base64", content: base64(content) } };

/** Makes a repository, if there is none. */
async function makeRepository(
  repository: string,
  isPrivate: boolean,
  settings: FetchSettings,
): Promise<void> {
  const url = `${settings.hub}/api/models/${repository}`;
  const found = await send({ method: "GET", url }, settings);
  if (found.status === 200) {
    const info = checked(modelInfo, parseJson(found.body, url), url);
    if (isPrivate && !info.private)
      throw expected(
        "ARGUMENT",
        "a private repository, or a new one,",
        repository,
        "one that is open to all",
        "private",
      );
    return;
  }
  // The Hub does not tell who may not know it whether there is a repository.
  const [owner, name] = repository.split("/");
  const request = { type: "model", name, organization: owner, private: isPrivate };
  await sendSurely(postJson(`${settings.hub}/api/repos/create`, request), settings);
}

/** The last commit of a branch, which is made if there is none. */
async function headOf(model: string, branch: string, settings: FetchSettings): Promise<string> {
  const url = `${model}/revision/${encodeURIComponent(branch)}`;
  const { status } = await send({ method: "GET", url }, settings);
  if (status === 404)
    await sendSurely(postJson(`${model}/branch/${encodeURIComponent(branch)}`, {}), settings);
  return (await sentJson({ method: "GET", url }, revisionInfo, settings)).sha;
}

const sha256Of = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

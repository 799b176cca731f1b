import * as v from "valibot";
import { NextpixelError, shortened } from "../basics/errors.ts";
import { postJson, sendSurely, sentJson } from "../fetch/send.ts";
import type { FetchSettings } from "../fetch/settings.ts";
import { unexpected } from "../files/unexpected.ts";

/** A large file, which goes to the store beside Git (Git LFS). */
export interface LargeFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly sha256: string;
}

const LFS_JSON = {
  accept: "application/vnd.git-lfs+json",
  "content-type": "application/vnd.git-lfs+json",
};

const action = v.object({
  href: v.pipe(v.string(), v.regex(/^https?:\/\//)),
  header: v.optional(v.record(v.string(), v.string()), {}),
});
const batch = v.object({
  objects: v.array(
    v.object({
      oid: v.string(),
      actions: v.optional(v.object({ upload: v.optional(action), verify: v.optional(action) })),
      error: v.optional(v.object({ message: v.string() })),
    }),
  ),
});

type Action = v.InferOutput<typeof action>;

/**
 * Sends large files to where the Hub wants them, by the batch API of Git LFS; those that it has already are left out.
 * https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
 *
 * @throws UPLOAD if one cannot be sent, or the Hub wants none; FORMAT if it answers something else
 */
export async function uploadLarge(
  repository: string,
  branch: string,
  files: readonly LargeFile[],
  settings: FetchSettings,
): Promise<void> {
  if (files.length === 0) return;
  const url = `${settings.hub}/${repository}.git/info/lfs/objects/batch`;
  const request = {
    operation: "upload",
    transfers: ["basic", "multipart"],
    hash_algo: "sha256",
    ref: { name: branch },
    objects: files.map(({ sha256, content }) => ({ oid: sha256, size: content.length })),
  };
  const { objects } = await sentJson(post(url, request), batch, settings);
  for (const file of files) {
    const object = objects.find(({ oid }) => oid === file.sha256);
    if (!object) throw unexpected(url, `an answer about ${file.path}`, "none");
    if (object.error)
      throw new NextpixelError(
        "UPLOAD",
        `the Hub does not take ${file.path}: ${shortened(object.error.message)}`,
      );
    const { upload, verify } = object.actions ?? {};
    if (!upload) continue;
    settings.onEvent({ kind: "upload", url: settings.hub, file: file.path, bytes: file.content.length });
    await sendContent(file, upload, settings);
    const said = { oid: file.sha256, size: file.content.length };
    if (verify) await sendSurely(post(verify.href, said, verify.header), settings);
  }
}

const post = (url: string, json: object, headers: Readonly<Record<string, string>> = {}) =>
  postJson(url, json, { ...headers, ...LFS_JSON });

/** Sends a file whole or, if the Hub says so, in pieces, each to an address of its own. */
async function sendContent({ content, sha256, path }: LargeFile, upload: Action, settings: FetchSettings) {
  const { href, header } = upload;
  const { chunk_size: chunk, ...others } = header;
  if (chunk === undefined) {
    await sendSurely({ method: "PUT", url: href, headers: others, body: content }, settings);
    return;
  }
  const size = Number(chunk);
  const numbers = Object.keys(others).filter((key) => /^\d+$/.test(key));
  const addresses = numbers.toSorted((a, b) => Number(a) - Number(b)).map((key) => others[key]!);
  if (!Number.isSafeInteger(size) || size < 1 || addresses.length !== Math.ceil(content.length / size))
    throw unexpected(settings.hub, `pieces that make up ${path}`, `${addresses.length} of ${chunk} bytes`);
  const parts: { partNumber: number; etag: string }[] = [];
  for (const [i, url] of addresses.entries()) {
    const body = content.subarray(i * size, (i + 1) * size);
    const { headers } = await sendSurely({ method: "PUT", url, body }, settings);
    const etag = headers.get("etag");
    if (etag === null) throw unexpected(settings.hub, `an ETag for a piece of ${path}`, "none");
    parts.push({ partNumber: i + 1, etag });
  }
  await sendSurely(post(href, { oid: sha256, parts }), settings);
}

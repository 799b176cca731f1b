import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { gitSha1 } from "../../src/fetch/download.ts";
import { answer, serve, sha256 } from "../fetch/server.ts";

export const TOKEN = "hf_SeCrEtToken123";

/** A file of a commit; large ones lie in the store. */
interface Stored {
  readonly content: Uint8Array;
  readonly isLarge: boolean;
}

type Files = ReadonlyMap<string, Stored>;

export interface ModelServer {
  readonly url: string;
  /** Repositories by their names. */
  readonly repositories: Map<string, { isPrivate: boolean; branches: Map<string, string> }>;
  readonly commits: Map<string, { files: Files; summary: string }>;
  /** What was asked for, `hub` or `store` first, and by whom. */
  readonly requests: { readonly asked: string; readonly authorization: string | undefined }[];
  /** Every byte that the servers have got, but what belongs to the token's header. */
  readonly received: Buffer[];
}

export interface ModelServerOptions {
  /** May answer instead, and then tells so: `asked` is such as "store PUT /sha256". */
  readonly instead?: (asked: string, request: IncomingMessage, response: ServerResponse) => boolean;
  /** Of large files, in which they are sent. */
  readonly pieces?: number;
  /** Of a file that is downloaded, in place of its content. */
  readonly changed?: (path: string, content: Uint8Array) => Uint8Array;
}

const isLargeFile = (path: string) => /\.(safetensors|onnx|png)$/.test(path);

/** A Hub of models, as huggingface.co is one, with its store of large files as another server. */
export async function serveModels(options: ModelServerOptions = {}): Promise<ModelServer> {
  const { instead = () => false, pieces, changed = (_, content) => content } = options;
  const repositories: ModelServer["repositories"] = new Map();
  const commits: ModelServer["commits"] = new Map();
  const requests: ModelServer["requests"] = [];
  const received: Buffer[] = [];
  const objects = new Map<string, Uint8Array>();
  const parts = new Map<string, Map<number, Uint8Array>>();

  const server = (name: string, handle: (asked: Asked) => void) =>
    serve(async (request, response) => {
      const asked = `${name} ${request.method} ${request.url}`;
      requests.push({ asked, authorization: request.headers.authorization });
      const { authorization: _, ...headers } = request.headers;
      const body = await buffer(request);
      received.push(Buffer.from(JSON.stringify(headers)), body);
      if (instead(asked, request, response)) return;
      const json = (value: unknown, status = 200) =>
        void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
      handle({
        method: request.method!,
        path: request.url!.replace(/\?.*$/, ""),
        body,
        request,
        response,
        json,
      });
    });

  const store = await server("store", ({ method, path, body, request, response, json }) => {
    const [, oid = "", part] = path.split("/");
    if (method === "GET") return answer(request, response, changed(path, objects.get(oid)!));
    if (method === "PUT" && part !== undefined) {
      parts.set(oid, (parts.get(oid) ?? new Map()).set(Number(part), body));
      return void response.writeHead(200, { etag: `"${sha256(body)}"` }).end();
    }
    if (method === "POST") {
      const etags = JSON.parse(String(body)).parts.map((one: { etag: string }) => one.etag);
      const sent = [...parts.get(oid)!].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
      if (sent.some((bytes, i) => etags[i] !== `"${sha256(bytes)}"`))
        return json({ error: "another part" }, 400);
      body = Buffer.concat(sent);
    }
    if (sha256(body) !== oid) return json({ error: "another content" }, 400);
    objects.set(oid, body);
    return void response.end();
  });

  const commit = (name: string, branch: string, files: Files, summary: string): string => {
    const id = createHash("sha1").update(`${name} ${branch} ${commits.size}`).digest("hex");
    commits.set(id, { files, summary });
    repositories.get(name)!.branches.set(branch, id);
    return id;
  };

  const hub = await server("hub", ({ method, path, body, request, response, json }) => {
    const isKnown = request.headers.authorization === `Bearer ${TOKEN}`;
    const parsed = () => JSON.parse(String(body));
    const none = () => json({ error: "Repository not found" }, 404);
    if (method === "POST" && !isKnown) return json({ error: "Invalid username or password." }, 401);
    if (path === "/api/repos/create") {
      const { name, organization, private: isPrivate } = parsed();
      if (organization !== "me")
        return json({ error: "You don't have the rights to create a model there" }, 403);
      repositories.set(`${organization}/${name}`, { isPrivate, branches: new Map() });
      commit(`${organization}/${name}`, "main", new Map(), "initial commit");
      return json({ url: `${organization}/${name}` });
    }
    const [, name = "", verb = "", rest = ""] =
      /^\/(?:api\/models\/)?([^/]+\/[^/]+?)(?:\.git\/info)?(?:\/(revision|branch|preupload|commit|tree|resolve|lfs)\/(.+))?$/.exec(
        path,
      ) ?? [];
    const repository = repositories.get(name);
    if (!repository || (repository.isPrivate && !isKnown)) return none();
    const branch = decodeURIComponent(rest);
    const head = repository.branches.get(branch);
    if (verb === "") return json({ id: name, private: repository.isPrivate });
    if (verb === "revision") return head ? json({ sha: head, siblings: [] }) : none();
    if (verb === "branch") {
      repository.branches.set(branch, repository.branches.get("main")!);
      return json("Ok");
    }
    if (verb === "lfs") return json({ transfer: "basic", objects: parsed().objects.map(wanted) });
    if (verb === "tree") return json(treeOf(commits.get(rest)!.files));
    if (verb === "resolve") {
      const [, id = "", file = ""] = /^([^/]+)\/(.+)$/.exec(rest)!;
      const found = commits.get(id)?.files.get(file);
      if (!found) return none();
      if (found.isLarge)
        return void response.writeHead(302, { location: `${store.url}/${sha256(found.content)}` }).end();
      return answer(request, response, changed(file, found.content));
    }
    if (head === undefined) return none();
    const { files } = commits.get(head)!;
    if (verb === "preupload")
      return json({
        files: parsed().files.map(({ path: file }: { path: string }) => {
          const there = files.get(file);
          const oid = there && (there.isLarge ? sha256(there.content) : gitSha1(there.content));
          return { path: file, uploadMode: isLargeFile(file) ? "lfs" : "regular", ...(oid && { oid }) };
        }),
      });
    const [{ value: header }, ...changes] = String(body)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    if (header.parentCommit !== head) return json({ error: "A commit has happened since" }, 412);
    const next = new Map(files);
    for (const { key, value } of changes) {
      const content = key === "lfsFile" ? objects.get(value.oid) : Buffer.from(value.content, "base64");
      if (content === undefined || isLargeFile(value.path) !== (key === "lfsFile"))
        return json({ error: `no content of ${value.path}` }, 400);
      next.set(value.path, { content, isLarge: key === "lfsFile" });
    }
    const commitOid = commit(name, branch, next, header.summary);
    return json({ success: true, commitOid, commitUrl: `${hub.url}/${name}/commit/${commitOid}` });
  });

  const wanted = ({ oid, size }: { oid: string; size: number }) => {
    if (objects.has(oid)) return { oid, size };
    const place = `${store.url}/${oid}`;
    const chunk = pieces === undefined ? size : Math.ceil(size / pieces);
    const addresses = Array.from({ length: Math.ceil(size / chunk) }, (_, i) => [
      String(i + 1).padStart(5, "0"),
      `${place}/${i + 1}?X-Amz-Signature=secret`,
    ]);
    const header =
      pieces === undefined ? {} : { chunk_size: String(chunk), ...Object.fromEntries(addresses) };
    return { oid, size, actions: { upload: { href: `${place}?X-Amz-Signature=secret`, header } } };
  };
  return { url: hub.url, repositories, commits, requests, received };
}

interface Asked {
  readonly method: string;
  readonly path: string;
  body: Buffer;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly json: (value: unknown, status?: number) => void;
}

/** What is directly in the folder at the top. */
function treeOf(files: Files) {
  const folders = new Set(
    [...files.keys()].filter((path) => path.includes("/")).map((path) => path.split("/")[0]),
  );
  return [
    ...[...folders].map((path) => ({ type: "directory", oid: "0".repeat(40), size: 0, path })),
    ...[...files]
      .filter(([path]) => !path.includes("/"))
      .map(([path, { content, isLarge }]) => ({
        type: "file",
        path,
        size: content.length,
        oid: isLarge ? "1".repeat(40) : gitSha1(content),
        ...(isLarge && { lfs: { oid: sha256(content), size: content.length, pointerSize: 130 } }),
      })),
  ];
}

import { authorized } from "./authorized.ts";
import { CONFIG_FILE, RUNS_FOLDER, WEIGHTS_FILE, type PublishedConfig } from "../site.ts";

/** What drawing needs of a run. */
export interface RunFiles {
  readonly config: PublishedConfig;
  /** The bytes of a checkpoint. */
  readonly weights: ArrayBuffer | Uint8Array;
}

/** A file of the site, which is where the page and its workers are from; `token` is that of a local studio. */
export async function fileOf(path: string, token = "", signal?: AbortSignal): Promise<Response> {
  const init = { headers: authorized(token), ...(signal && { signal }) };
  const response = await fetch(new URL(path, import.meta.url), init);
  if (!response.ok) throw new Error(`expected the file ${path}, received status ${response.status}`);
  return response;
}

/** The files of a run of the site. */
export async function runFiles(folder: string, token = ""): Promise<RunFiles> {
  const place = `${RUNS_FOLDER}/${encodeURIComponent(folder)}`;
  const [config, weights] = await Promise.all([
    fileOf(`${place}/${CONFIG_FILE}`, token).then((file) => file.json() as Promise<PublishedConfig>),
    fileOf(`${place}/${WEIGHTS_FILE}`, token).then((file) => file.arrayBuffer()),
  ]);
  return { config, weights };
}

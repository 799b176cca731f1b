import { signal } from "@preact/signals";
import { TOKEN_PATH, type TokenAnswer } from "../runs-api.ts";
import type { MountedRuns, RunsContext } from "./runs/settings.ts";

// What the page has of the local studio, if it is not a published one.

/** Whether the page comes from a local studio. */
export const isLocal = signal(false);

const KEY = "nextpixel-studio-token";

let token = "";

/** What the studio asks for with every request about runs; empty on a published page. */
export const studioToken = (): string => token;

/**
 * Takes the token from the address that the studio has printed, or in exchange for the ticket of the one that it has
 * opened. It is kept in the browser, for this address alone, so that the page can be loaded again; and it goes out of
 * the address bar, from where it would be copied with links.
 */
export async function receiveToken(): Promise<void> {
  const [, kind, text = ""] = /^#(token|ticket)=([\w-]{43})$/.exec(location.hash) ?? [];
  const given = kind === "ticket" ? await exchanged(text) : text;
  token = given || (localStorage.getItem(KEY) ?? "");
  if (!given) return;
  localStorage.setItem(KEY, given);
  history.replaceState(history.state, "", location.pathname + location.search);
}

/** The token that a ticket is worth; empty if it was used before. */
async function exchanged(ticket: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(TOKEN_PATH, { method: "POST", headers, body: JSON.stringify({ ticket }) });
  return response.ok ? ((await response.json()) as TokenAnswer).token : "";
}

/** What the bundle of the view Runs has. */
interface RunsBundle {
  mountRuns(element: HTMLElement, context: RunsContext): MountedRuns;
}

/** Loads the view Runs and its style, which published pages do not have. */
export async function loadRuns(): Promise<RunsBundle> {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = "runs.css";
  const styled = new Promise((resolve, reject) => {
    style.addEventListener("load", resolve);
    style.addEventListener("error", () => reject(new Error("expected the file runs.css")));
  });
  document.head.append(style);
  const place = new URL("./runs.js", import.meta.url).href;
  const [bundle] = await Promise.all([import(place) as Promise<RunsBundle>, styled]);
  return bundle;
}

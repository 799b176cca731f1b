import { signal } from "@preact/signals";
import type { MountedRuns, RunsContext } from "./runs/settings.ts";

// What the page has of the local studio, if it is not a published one.

/** Whether the page comes from a local studio. */
export const isLocal = signal(false);

const KEY = "nextpixel-studio-token";

/**
 * The token of the address that the studio has printed. It is kept in the browser, for this address alone, so that the
 * page can be loaded again; and it goes out of the address bar, from where it would be copied with links.
 */
export const token: string = readToken();

function readToken(): string {
  const given = /^#token=([\w-]{43})$/.exec(location.hash)?.[1];
  if (given === undefined) return localStorage.getItem(KEY) ?? "";
  localStorage.setItem(KEY, given);
  return given;
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

import { batch, computed, effect, signal } from "@preact/signals";
import { RUNS_FILE, type PublishedRun } from "../site.ts";
import { STUDIO_HEADER } from "../runs-api.ts";
import { addressOf, readAddress, type Address, type View } from "./address.ts";
import { ask, startedWorker } from "./ask.ts";
import { authorized } from "./authorized.ts";
import { isLocal, receiveToken, studioToken } from "./local.ts";
import type { OpenedRun } from "./messages.ts";

// What all views share: the runs of the site, the one that is open, and the settings in the address.

export const runs = signal<readonly PublishedRun[]>([]);
export const address = signal<Address>(readAddress(location.search));
/** The run that is open, with its folder. */
export const opened = signal<(OpenedRun & { readonly folder: string }) | undefined>(undefined);
/** What went wrong last. */
export const problem = signal("");

/** The view that is shown: published pages have no runs. */
export const shownView = computed((): View => {
  const { view } = address.value;
  return view === "runs" && !isLocal.value ? "watch" : view;
});

/** Whether the system asks for no motion that nobody started. */
export const wantsNoMotion = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Changes settings. A page of its own in the browser's history is for another view, or another picture. */
export function change(part: Partial<Address>, { isNewPage = false } = {}): void {
  const next = { ...address.value, ...part };
  if (isNewPage) history.pushState(null, "", addressOf(next));
  address.value = next;
}

/** Says what an action fails with. */
export function reporting(action: Promise<void>): void {
  action.catch((error: unknown) => {
    problem.value = error instanceof Error ? error.message : String(error);
  });
}

/** The classes to ask for: undefined for all in turn. */
export const wantedClasses = computed(() => {
  const name = address.value.class;
  return name !== undefined && opened.value?.classes.some((one) => one.name === name) ? [name] : undefined;
});

/** Browsers slow down pages that write their address too often. */
const ADDRESS_MS = 250;

/** Reads what the site holds, and keeps the address up to date. */
export async function start(): Promise<void> {
  startedWorker();
  addEventListener("popstate", () => {
    address.value = readAddress(location.search);
  });
  // A file that misses its place would be opened instead of the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const query = addressOf(address.value);
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(null, "", query), ADDRESS_MS);
  });

  await receiveToken();
  const token = studioToken();
  const response = await fetch(RUNS_FILE, { headers: authorized(token) });
  isLocal.value = response.headers.has(STUDIO_HEADER);
  if (response.status === 401)
    throw new Error("open the address that the command has printed, which has a token");
  if (!response.ok) throw new Error(`expected the file ${RUNS_FILE}, received status ${response.status}`);
  runs.value = (await response.json()) as PublishedRun[];
  const folder = computed(() => {
    if (shownView.value === "runs") return undefined;
    const wanted = runs.value.find((run) => run.folder === address.value.run) ?? runs.value[0];
    return wanted?.folder;
  });
  let opening: AbortController | undefined;
  effect(() => {
    const wanted = folder.value;
    opening?.abort();
    opened.value = undefined;
    if (wanted === undefined) return;
    opening = new AbortController();
    const open = (run: OpenedRun) =>
      batch(() => {
        problem.value = "";
        opened.value = { ...run, folder: wanted };
      });
    reporting(ask("open", { folder: wanted, token }, open, opening.signal));
  });
}

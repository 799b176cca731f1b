import { batch, computed, effect, signal } from "@preact/signals";
import { STUDIO_HEADER } from "../runs-api.ts";
import { EXTRAS, RUNS_FILE, type PublishedRun } from "../site.ts";
import { addressOf, OF_ONE_RUN, readAddress, VIEWS, type Address, type View } from "./address.ts";
import { authorized } from "./authorized.ts";
import { isLocal, receiveToken, studioToken } from "./local.ts";
import { ask, startWorker } from "./studio-asking.ts";
import type { OpenedRun } from "./messages.ts";
import type { RunFiles } from "./run-files.ts";

// What all views share: the runs of the site, the one that is open, and the settings in the address.

export const runs = signal<readonly PublishedRun[]>([]);
/** Whether `runs` has been read. */
export const isListed = signal(false);
export const address = signal<Address>(readAddress(location.search));
/** What the page has trained itself, by the name that it has in the list of runs. */
export const trained = new Map<string, RunFiles>();
/** What the site has beside what every site has. */
export const extras: ReadonlySet<string> = new Set(
  document.querySelector<HTMLMetaElement>(`meta[name="${EXTRAS}"]`)?.content.split(" "),
);
/** The run that is open, with its folder. */
export const opened = signal<(OpenedRun & { readonly folder: string }) | undefined>(undefined);
/** What went wrong last. */
export const problem = signal("");

export const familyOfRun = ({ family = "autoregressive" }: PublishedRun): string => family;

/** Those that draw pixel by pixel. */
export const watchable = computed(() => runs.value.filter((run) => familyOfRun(run) === "autoregressive"));

/** Views that need something that not every site has; the others need a run that draws pixel by pixel. */
const NEEDS: { readonly [V in View]?: () => boolean } = {
  runs: () => isLocal.value,
  train: () => extras.has("train"),
  families: () => extras.has("families"),
};

export const offered = computed((): readonly View[] =>
  VIEWS.filter((view) => NEEDS[view]?.() ?? (isLocal.value || watchable.value.length > 0)),
);

/** The view that is shown. */
export const shownView = computed(
  (): View => offered.value.find((view) => view === address.value.view) ?? offered.value[0] ?? "watch",
);

/** Lists a network that the page has trained, and opens it to be watched. */
export function watchTrained(files: RunFiles, step: number): void {
  const { model } = files.config.network;
  const count = [...trained.keys()].length;
  const folder = `trained here${count === 0 ? "" : ` ${count + 1}`}`;
  trained.set(folder, files);
  runs.value = [...runs.value, { folder, model, step, bytes: files.weights.byteLength }];
  change({ view: "watch", run: folder, ...OF_ONE_RUN }, { isNewPage: true });
}

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
  startWorker();
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
  isListed.value = true;
  const folder = computed(() => {
    if (shownView.value === "runs") return undefined;
    const wanted = watchable.value.find((run) => run.folder === address.value.run) ?? watchable.value[0];
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
    reporting(ask("open", { folder: wanted, token, trained: trained.get(wanted) }, open, opening.signal));
  });
}

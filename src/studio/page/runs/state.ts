import { batch, computed, effect, signal } from "@preact/signals";
import type { RunDetails, RunList, RunSummary } from "../../runs-api.ts";
import { NO_CURVES, withLines, type RunCurves } from "./curves.ts";
import { ask, askJson, askLines, ofRun } from "./requests.ts";
import type { RunsContext, RunsSettings } from "./settings.ts";

// What the parts of the view share. The list is asked for again and again; of files that grow, only new lines.

/** How many runs have their curves shown at once: as many as there are colours. */
export const MOST_RUNS = 8;

/** How often the list is asked for, in milliseconds. */
const EVERY = 1000;
/** Characters of a log that are shown, counted from its end. */
const LOG_LENGTH = 100_000;

export const settings = signal<RunsSettings>({
  run: "",
  beside: "",
  smoothing: 0,
  logarithmic: "none",
  zoom: "",
});
export const list = signal<RunList | undefined>(undefined);
/** What went wrong last. */
export const problem = signal("");

let context: RunsContext;

export const change: RunsContext["change"] = (part, options) => context.change(part, options);

/** The run that is told about in detail. */
export const run = computed((): RunSummary | undefined => {
  const runs = list.value?.runs ?? [];
  return runs.find(({ name }) => name === settings.value.run) ?? runs[0];
});

/** The runs whose curves are shown, that one first. */
export const shownRuns = computed((): readonly RunSummary[] => {
  const names = settings.value.beside.split("/");
  const others = (list.value?.runs ?? []).filter((one) => one !== run.value && names.includes(one.name));
  return [...(run.value ? [run.value] : []), ...others].slice(0, MOST_RUNS);
});

/** Shows the curves of a run beside the others, or hides them. */
export function toggle(name: string): void {
  const others = shownRuns.value.slice(1).map((one) => one.name);
  const next = others.includes(name) ? others.filter((one) => one !== name) : [...others, name];
  change({ beside: next.join("/") });
}

/** First and last step that curves are shown of. */
export const zoom = computed((): readonly [number, number] | undefined => {
  const [from, to] = settings.value.zoom.split("-").map(Number);
  return from !== undefined && to !== undefined && from < to ? [from, to] : undefined;
});

/** A file that is read as it grows: what was made of it, and up to where. */
interface Followed<Content> {
  readonly content: Content;
  readonly cursor: string;
  /** That of the list, when everything was read. */
  readonly version: string;
}

export const curves = signal<ReadonlyMap<string, Followed<RunCurves>>>(new Map());
export const logs = signal<ReadonlyMap<string, Followed<string>>>(new Map());
export const details = signal<ReadonlyMap<string, RunDetails & { readonly version: string }>>(new Map());

/** The other run that the configuration is compared with. */
export const comparedWith = signal("");

/** Starts to keep everything up to date; returns what stops it. */
export function follow(given: RunsContext): () => void {
  context = given;
  settings.value = given.settings;
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBusy = false;
  let tag = "";
  const refresh = async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      const response = await ask("api/runs", tag === "" ? {} : { "if-none-match": tag });
      if (stop.signal.aborted) return;
      if (response.status !== 304) list.value = (await response.json()) as RunList;
      tag = response.headers.get("etag") ?? "";
      // Otherwise another would take its place as soon as it changes.
      if (run.value && settings.value.run === "") change({ run: run.value.name });
      await readShown(stop.signal);
      problem.value = "";
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    } finally {
      isBusy = false;
    }
  };
  const again = async () => {
    await refresh();
    if (!stop.signal.aborted) timer = setTimeout(again, EVERY);
  };
  void again();
  // Another choice of runs need not wait for the next time.
  const end = effect(() => {
    void [shownRuns.value, comparedWith.value];
    if (list.peek() !== undefined) void refresh();
  });
  return () => {
    stop.abort();
    clearTimeout(timer);
    end();
    batch(() => {
      list.value = undefined;
      problem.value = "";
    });
  };
}

/** Reads what is new of the runs that are shown. */
async function readShown(signal: AbortSignal): Promise<void> {
  for (const { name, metrics } of shownRuns.value) {
    await followed(curves, name, metrics, "/metrics", NO_CURVES, withLines, signal);
  }
  // What is not shown any more is not kept.
  const names = new Set(shownRuns.value.map(({ name }) => name));
  const kept = [...curves.value].filter(([name]) => names.has(name));
  if (kept.length < curves.value.size) curves.value = new Map(kept);
  const { value: one } = run;
  if (one === undefined) return;
  await followed(
    logs,
    one.name,
    one.log,
    "/log",
    "",
    (before, text) => (before + text).slice(-LOG_LENGTH),
    signal,
  );
  for (const name of new Set([one.name, comparedWith.value])) {
    const found = list.value?.runs.find((other) => other.name === name);
    if (found === undefined) continue;
    const version = `${found.previews} ${found.state} ${found.steps}`;
    if (details.value.get(name)?.version === version) continue;
    const told = await askJson<RunDetails>(ofRun(name));
    details.value = new Map([...details.value, [name, { ...told, version }]]);
  }
}

/** Reads the new lines of a file of a run, if its version is another than when it was read last. */
async function followed<Content>(
  into: { value: ReadonlyMap<string, Followed<Content>> },
  name: string,
  version: string,
  file: string,
  empty: Content,
  add: (before: Content, text: string) => Content,
  signal: AbortSignal,
): Promise<void> {
  let known = into.value.get(name) ?? { content: empty, cursor: "", version: "" };
  if (known.version === version) return;
  for (let hasMore = true; hasMore && !signal.aborted;) {
    const lines = await askLines(ofRun(name, file), known.cursor);
    const content = add(lines.isStart ? empty : known.content, lines.text);
    hasMore = lines.hasMore;
    known = { content, cursor: lines.cursor, version: hasMore ? "" : version };
    into.value = new Map([...into.value, [name, known]]);
  }
}

import { computed, effect, signal } from "@preact/signals";
import { FIGURES_FILE, RUNTIME_WORKER, type PublishedFigures, type PublishedRun } from "../site.ts";
import { openAsking } from "./ask.ts";
import { isLocal, studioToken } from "./local.ts";
import type { OnnxConversations, WholePictures } from "./onnx-messages.ts";
import { picturesOfServer } from "./pictures-of-server.ts";
import { fileOf } from "./run-files.ts";
import { address, extras, familyOfRun, reporting, runs, trained } from "./studio.ts";

// Pictures of all runs of the site, of all families, and the ways between pictures of those that have latents.

/** Pictures of each run. */
export const SAMPLES = 16;
/** Pictures from one end of a way to the other. */
export const WAY = 33;

export const samples = signal<ReadonlyMap<string, WholePictures>>(new Map());
export const ways = signal<ReadonlyMap<string, WholePictures>>(new Map());
/** The seeds whose first pictures are at the ends of the ways. */
export const ends = signal<readonly [number, number]>([0, 1]);
/** Which picture of the ways is shown. */
export const place = signal((WAY - 1) / 2);
export const figures = signal<PublishedFigures | undefined>(undefined);

/** The runs of the site by their families: those trained in the page are not compared. */
export const byFamily = computed((): ReadonlyMap<string, readonly PublishedRun[]> => {
  const found = new Map<string, PublishedRun[]>();
  for (const run of runs.value.filter(({ folder }) => !trained.has(folder))) {
    const family = familyOfRun(run);
    found.set(family, [...(found.get(family) ?? []), run]);
  }
  return found;
});
/** Of each family, the run that was asked for in its place, if another one than the first. */
export const preferred = signal<ReadonlyMap<string, string>>(new Map());

/** A folder of runs may hold hundreds, of which the newest of each family are compared; a site shows what it has. */
export const compared = computed((): readonly PublishedRun[] => {
  const families = [...byFamily.value];
  if (!isLocal.value) return families.flatMap(([, all]) => all);
  return families.map(
    ([family, all]) => all.find(({ folder }) => folder === preferred.value.get(family)) ?? all[0]!,
  );
});
/** Whether pictures of a run have latents, between which there is a way. */
export const hasLatents = (run: PublishedRun): boolean => familyOfRun(run) !== "autoregressive";

/** Starts what keeps the view up to date; returns what stops it. */
export function startFamilies(): () => void {
  const token = studioToken();
  const drawing = isLocal.value
    ? picturesOfServer(token)
    : openAsking<OnnxConversations>(`./${RUNTIME_WORKER}`);
  if (extras.has("figures") && !figures.value) {
    const read = async () => {
      figures.value = (await (await fileOf(FIGURES_FILE, token)).json()) as PublishedFigures;
    };
    reporting(read());
  }
  const endSamples = effect(() => {
    const { seed } = address.value;
    samples.value = new Map();
    for (const { folder } of compared.value) {
      const keep = (found: WholePictures) => (samples.value = new Map(samples.peek()).set(folder, found));
      reporting(drawing.ask("sample", { folder, seed, count: SAMPLES }, keep));
    }
  });
  const endWays = effect(() => {
    const seeds = ends.value;
    for (const { folder } of compared.value.filter(hasLatents)) {
      const keep = (found: WholePictures) => (ways.value = new Map(ways.peek()).set(folder, found));
      reporting(drawing.ask("walk", { folder, seeds, count: WAY }, keep));
    }
  });
  return () => {
    endSamples();
    endWays();
    drawing.end();
  };
}

/** Goes on from where the ways end. */
export function goOn(): void {
  const [, last] = ends.value;
  ends.value = [last, last + 1];
  place.value = 0;
}

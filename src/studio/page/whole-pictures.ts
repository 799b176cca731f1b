import { effect, signal } from "@preact/signals";
import { FIGURES_FILE, RUNTIME_WORKER, type PublishedFigures } from "../site.ts";
import { openAsking } from "./ask.ts";
import type { OnnxConversations, WholePictures } from "./onnx-messages.ts";
import { fileOf } from "./run-files.ts";
import { address, extras, reporting, runs, trained } from "./studio.ts";

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

/** The runs of the site: those trained in the page are not compared. */
export const compared = () => runs.value.filter(({ folder }) => !trained.has(folder));
/** Whether pictures of a run have latents, between which there is a way. */
export const hasLatents = ({ family = "autoregressive" }: { readonly family?: string }): boolean =>
  family !== "autoregressive";

/** Starts what keeps the view up to date; returns what stops it. */
export function startFamilies(): () => void {
  const worker = openAsking<OnnxConversations>(`./${RUNTIME_WORKER}`);
  if (extras.has("figures") && !figures.value) {
    const read = async () => {
      figures.value = (await (await fileOf(FIGURES_FILE)).json()) as PublishedFigures;
    };
    reporting(read());
  }
  const endSamples = effect(() => {
    const { seed } = address.value;
    samples.value = new Map();
    for (const { folder } of compared()) {
      const keep = (found: WholePictures) => (samples.value = new Map(samples.peek()).set(folder, found));
      reporting(worker.ask("sample", { folder, seed, count: SAMPLES }, keep));
    }
  });
  const endWays = effect(() => {
    const seeds = ends.value;
    for (const { folder } of compared().filter(hasLatents)) {
      const keep = (found: WholePictures) => (ways.value = new Map(ways.peek()).set(folder, found));
      reporting(worker.ask("walk", { folder, seeds, count: WAY }, keep));
    }
  });
  return () => {
    endSamples();
    endWays();
    worker.end();
  };
}

/** Goes on from where the ways end. */
export function goOn(): void {
  const [, last] = ends.value;
  ends.value = [last, last + 1];
  place.value = 0;
}

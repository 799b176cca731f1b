import { batch, computed, effect, signal } from "@preact/signals";
import type { Position } from "../../browser.ts";
import { placeRow } from "../../runtime/step/sampler.ts";
import { ask } from "./studio-asking.ts";
import { pictureOf } from "./picture-file.ts";
import { address, opened, reporting, wantedClasses } from "./studio.ts";

// A picture of which some pixels are given, and several completions of it.

/** Completions that are drawn. */
export const COMPLETIONS = 8;

/** What the pointer does. */
export const TOOLS = ["Paint", "Erase", "Restore"] as const;
export type Tool = (typeof TOOLS)[number];

interface Draft {
  /** Levels [channels, rows, cols], also of pixels that are not given. */
  readonly picture: Uint8Array;
  /** 1 where a pixel is given: [rows, cols]. */
  readonly isGiven: Uint8Array;
}

/** A new object after each change. */
export const draft = signal<Draft | undefined>(undefined);
export const tool = signal<Tool>("Paint");
/** Pixels across. */
export const brush = signal(1);
/** The level that is painted, in each channel. */
export const paintLevels = signal<readonly number[]>([]);
export const cursor = signal<Position | undefined>(undefined);
/** Levels of all completions, and how many rows of each are drawn. */
export const completions = signal<{ readonly pictures: Uint8Array; readonly rows: Uint16Array } | undefined>(
  undefined,
);

export const givenPixels = computed(() => draft.value?.isGiven.reduce((sum, one) => sum + one, 0) ?? 0);

/** Uses the tool at a pixel. */
export function use({ row, col }: Position): void {
  const before = draft.value;
  if (!before || !opened.value) return;
  const { rows, cols } = opened.value.size;
  const picture = before.picture.slice();
  const isGiven = before.isGiven.slice();
  const first = Math.floor((brush.value - 1) / 2);
  for (let y = Math.max(0, row - first); y < Math.min(rows, row - first + brush.value); y++)
    for (let x = Math.max(0, col - first); x < Math.min(cols, col - first + brush.value); x++) {
      const pixel = y * cols + x;
      isGiven[pixel] = tool.value === "Erase" ? 0 : 1;
      if (tool.value !== "Paint") continue;
      paintLevels.value.forEach((level, channel) => (picture[channel * rows * cols + pixel] = level));
    }
  draft.value = { picture, isGiven };
}

/** Gives the first rows of the picture, and no others. */
export function giveRows(count: number): void {
  if (!draft.value || !opened.value) return;
  const { cols } = opened.value.size;
  const isGiven = draft.value.isGiven.map((_, pixel) => (pixel < count * cols ? 1 : 0));
  draft.value = { ...draft.value, isGiven };
}

/** Takes the picture in a file, whole. */
export async function take(file: Blob): Promise<void> {
  const { size, levels } = opened.value!;
  const picture = await pictureOf(file, size, levels);
  draft.value = { picture, isGiven: new Uint8Array(size.rows * size.cols).fill(1) };
}

/** A stroke changes many pixels: completions are begun a moment after the last one. */
const PAUSE_MS = 120;

/** Keeps the completions up to date; returns what stops it. */
export function startCompleting(): () => void {
  const endDraft = effect(() => {
    if (!opened.value) return;
    const { size, levels } = opened.value;
    const pixels = size.rows * size.cols;
    batch(() => {
      draft.value = { picture: new Uint8Array(size.channels * pixels), isGiven: new Uint8Array(pixels) };
      paintLevels.value = Array.from({ length: size.channels }, () => levels - 1);
    });
  });
  const settings = computed(() => {
    const { seed, temperature } = address.value;
    return JSON.stringify({ seed, temperature, classes: wantedClasses.value });
  });
  let stop: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = effect(() => {
    const [question, given, run] = [JSON.parse(settings.value), draft.value, opened.value];
    stop?.abort();
    clearTimeout(timer);
    if (!given || !run || given.isGiven.length !== run.size.rows * run.size.cols) return;
    stop = new AbortController();
    const { signal } = stop;
    timer = setTimeout(() => {
      const pictures = new Uint8Array(COMPLETIONS * given.picture.length);
      for (let k = 0; k < COMPLETIONS; k++) pictures.set(given.picture, k * given.picture.length);
      const rows = new Uint16Array(COMPLETIONS);
      const asked = { ...question, count: COMPLETIONS, given: { levels: pictures, isGiven: given.isGiven } };
      const drawn = pictures.slice();
      reporting(
        ask(
          "draw",
          asked,
          (event) => {
            if (event.kind !== "row") return;
            placeRow(drawn, run.size, event);
            rows.fill(event.row + 1, event.first, event.first + event.count);
            completions.value = { pictures: drawn, rows };
          },
          signal,
        ),
      );
    }, PAUSE_MS);
  });
  return () => {
    stop?.abort();
    clearTimeout(timer);
    end();
    endDraft();
    batch(() => {
      draft.value = undefined;
      completions.value = undefined;
      cursor.value = undefined;
    });
  };
}

import { batch, computed, effect, signal } from "@preact/signals";
import type { AttentionWeights, ObservedRow, Position } from "../../browser.ts";
import { SPEEDS } from "./address.ts";
import { ask } from "./studio-asking.ts";
import { address, change, opened, reporting, wantedClasses, wantsNoMotion } from "./studio.ts";

// One picture that is watched: it is drawn row by row in the worker, and shown pixel by pixel.

/** Rows that are drawn so far. */
export const rows = signal<readonly ObservedRow[]>([]);
export const isPlaying = signal(false);
/** The pixel that a person points at, with the pointer or the keyboard. */
export const pointed = signal<Position | undefined>(undefined);
/** So many pixels are to be shown, as soon as they are drawn. */
const goal = signal(0);

/** Pixels of the picture. */
export const pixels = computed(() => (opened.value ? opened.value.size.rows * opened.value.size.cols : 0));
/** Pixels that are shown; this is also the number of the current pixel, until all are shown. */
export const shown = computed(() =>
  Math.min(Math.floor(goal.value), rows.value.length * (opened.value?.size.cols ?? 0)),
);
export const isFinished = computed(() => pixels.value > 0 && shown.value === pixels.value);

/** Whether the whole picture is drawn, shown or not. */
export const isDrawn = computed(() => rows.value.length === opened.value?.size.rows);

/** The pixel that is explained: the one that is pointed at, or the current one; of a finished picture the last one. */
export const explained = computed((): Position | undefined => {
  if (!opened.value || pointed.value) return pointed.value;
  const { cols } = opened.value.size;
  const current = Math.min(shown.value, pixels.value - 1);
  return { row: Math.floor(current / cols), col: current % cols };
});

/** The nats of all pixels above each row that is drawn, and above the next one. */
const natsAbove = computed(() => {
  const sums = [0];
  for (const row of rows.value) sums.push(row.nats.reduce((sum, one) => sum + one, sums.at(-1)!));
  return sums;
});

/** The nats of the pixels that are shown. */
export const nats = computed(() => {
  const cols = opened.value?.size.cols ?? 1;
  const current = Math.floor(shown.value / cols);
  const visible = shown.value % cols;
  const above = natsAbove.value[current] ?? 0;
  return visible === 0
    ? above
    : rows.value[current]!.nats.reduce((sum, one, i) => (i % cols < visible ? sum + one : sum), above);
});

/** Of the pixel that is explained, where its row is drawn, and the pixel itself at least the current one. */
export const explanation = computed(() => {
  if (!opened.value || !explained.value) return undefined;
  const { cols } = opened.value.size;
  const { row, col } = explained.value;
  const observed = rows.value[row];
  return observed && row * cols + col <= shown.value ? { at: explained.value, observed } : undefined;
});

/** A picture takes about so long to watch, if no speed was chosen. */
const USUAL_SECONDS = 10;

/** Which of `SPEEDS` is used. */
export const speed = computed(() => {
  const usual = SPEEDS.findIndex((perSecond) => perSecond * USUAL_SECONDS >= pixels.value);
  return address.value.speed ?? Math.max(0, usual);
});

/** Goes to a pixel, and stops there. */
export function goTo(pixel: number): void {
  batch(() => {
    isPlaying.value = false;
    goal.value = Math.min(Math.max(pixel, 0), pixels.value);
    change({ pixel: goal.value < pixels.value ? goal.value : undefined });
  });
}

export function play(): void {
  batch(() => {
    if (isFinished.value) goal.value = 0;
    isPlaying.value = true;
    change({ pixel: undefined });
  });
}

export const pause = (): void => goTo(shown.value);

/** The receptive field of the pixel that is explained: 1 for each pixel that it depends on. */
export const seen = signal<{ readonly at: Position; readonly mask: Uint8Array } | undefined>(undefined);

/** With which weights the attentions have predicted the pixel that is explained. */
export const attention = signal<
  { readonly at: Position; readonly found: readonly AttentionWeights[] } | undefined
>(undefined);

/** Starts what keeps the picture and its explanation up to date; returns what stops it. */
export function startWatching(): () => void {
  const ends = [drawAsAsked(), playAsAsked(), findSeenPixels(), findAttention()];
  return () => {
    for (const end of ends) end();
    batch(() => {
      isPlaying.value = false;
      pointed.value = undefined;
      rows.value = [];
    });
  };
}

/** Which picture is watched. */
const subject = computed(() => {
  if (!opened.value) return undefined;
  const { seed, picture, temperature } = address.value;
  const question = { seed, picture, temperature, classes: wantedClasses.value };
  return JSON.stringify({ run: opened.value.folder, question });
});

/** Draws another picture whenever what is asked for changes. */
function drawAsAsked(): () => void {
  let stop: AbortController | undefined;
  const end = effect(() => {
    const text = subject.value;
    stop?.abort();
    if (text === undefined) return;
    stop = new AbortController();
    const { signal } = stop;
    begin();
    const { question } = JSON.parse(text);
    reporting(ask("observe", question, (row) => (rows.value = [...rows.peek(), row]), signal));
  });
  return () => {
    stop?.abort();
    end();
  };
}

/** Where a picture begins: at the pixel of the address, else at its start; where no motion is wanted, at its end. */
function begin(): void {
  const { pixel } = address.peek();
  batch(() => {
    rows.value = [];
    pointed.value = undefined;
    isPlaying.value = pixel === undefined && !wantsNoMotion();
    goal.value = pixel ?? (wantsNoMotion() ? pixels.peek() : 0);
  });
}

/** Shows more with every frame. */
function playAsAsked(): () => void {
  let frame = 0;
  const end = effect(() => {
    cancelAnimationFrame(frame);
    if (!isPlaying.value) return;
    let before: number | undefined;
    const next = (now: number) => {
      const perSecond = SPEEDS[speed.peek()]!;
      const drawn = rows.peek().length * opened.peek()!.size.cols;
      const wanted = goal.peek() + (perSecond * (now - (before ?? now))) / 1000;
      before = now;
      goal.value = perSecond === Infinity ? drawn : Math.min(wanted, drawn);
      if (isFinished.peek()) isPlaying.value = false;
      else frame = requestAnimationFrame(next);
    };
    frame = requestAnimationFrame(next);
  });
  return () => {
    cancelAnimationFrame(frame);
    end();
  };
}

/** Asks for the receptive field of a pixel that is pointed at, or of the current one if that is wanted. */
function findSeenPixels(): () => void {
  let known = new Map<number, Uint8Array>();
  let run: string | undefined;
  let stop: AbortController | undefined;
  const end = effect(() => {
    stop?.abort();
    const at = address.value.field || pointed.value ? explained.value : undefined;
    if (run !== opened.value?.folder) known = new Map();
    run = opened.value?.folder;
    if (!at || !opened.value) {
      seen.value = undefined;
      return;
    }
    const pixel = at.row * opened.value.size.cols + at.col;
    const mask = known.get(pixel);
    if (mask) {
      seen.value = { at, mask };
      return;
    }
    stop = new AbortController();
    const keep = (found: Uint8Array) => {
      known.set(pixel, found);
      seen.value = { at, mask: found };
    };
    reporting(ask("seen", at, keep, stop.signal));
  });
  return () => {
    stop?.abort();
    end();
  };
}

/** The pointer passes over many pixels: the weights are asked for where it stays. */
const REST_MS = 80;

/** Asks for the weights of the attentions of the pixel that is explained, unless the picture is just being played. */
function findAttention(): () => void {
  let stop: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = effect(() => {
    stop?.abort();
    clearTimeout(timer);
    const [at, text] = [explanation.value?.at, subject.value];
    const isAsked = opened.value?.attentions.length !== 0 && (pointed.value || !isPlaying.value);
    if (!at || text === undefined || !isAsked) {
      attention.value = undefined;
      return;
    }
    stop = new AbortController();
    const { signal } = stop;
    const { question } = JSON.parse(text);
    const keep = (found: readonly AttentionWeights[]) => (attention.value = { at, found });
    timer = setTimeout(() => reporting(ask("attention", { at, of: question }, keep, signal)), REST_MS);
  });
  return () => {
    stop?.abort();
    clearTimeout(timer);
    end();
  };
}

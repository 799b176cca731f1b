import { batch, computed, effect, signal } from "@preact/signals";
import type { LayerSchedule } from "../../lower/step/layers.ts";
import type { Address } from "./address.ts";
import { ask } from "./studio-asking.ts";
import type { InsideNetwork } from "./messages.ts";
import { momentsOfDrawing, momentsOfTraining, type Moment } from "./moments.ts";
import { address, change, opened, reporting } from "./studio.ts";

// What a network is made of, and one moment of it being computed.

export const inside = signal<InsideNetwork | undefined>(undefined);
/** Whether layers are computed as in training, where the whole picture is known. */
export const isTraining = computed(() => address.value.order === "training");
/** Which of `moments` is shown; it grows by parts while it plays, and the address has it when it stands. */
const position = signal(0);
export const isPlaying = signal(false);
/** Moments a second. */
export const speed = signal(8);

export const layers = computed((): readonly LayerSchedule[] =>
  (inside.value?.layers ?? []).flatMap(({ schedule }) => schedule ?? []),
);
export const moments = computed((): readonly Moment[] => {
  if (!opened.value) return [];
  return (isTraining.value ? momentsOfTraining : momentsOfDrawing)(layers.value, opened.value.size);
});
export const number = computed(() => Math.min(Math.floor(position.value), moments.value.length - 1));
export const moment = computed(() => moments.value[number.value]);
export const layer = computed(
  () => layers.value.find(({ name }) => name === address.value.layer) ?? layers.value[0],
);

export function goTo(wanted: number): void {
  const moment = Math.min(Math.max(wanted, 0), moments.value.length - 1);
  batch(() => {
    isPlaying.value = false;
    position.value = moment;
    change({ moment });
  });
}

export function play(): void {
  batch(() => {
    if (number.value === moments.value.length - 1) position.value = 0;
    isPlaying.value = true;
  });
}

/** Shows drawing or training, in the middle of it. */
export function show(order: Address["order"]): void {
  batch(() => {
    isPlaying.value = false;
    change({ order, moment: undefined });
    position.value = middle();
  });
}

/** In training, the middle of the layer that is shown. */
function middle(): number {
  const isShown = (one: Moment) => one.kind === "training" && one.layer === layer.value?.name;
  const first = moments.value.findIndex(isShown);
  if (first < 0) return Math.floor(moments.value.length / 2);
  return first + Math.floor(moments.value.filter(isShown).length / 2);
}

/** Starts what keeps the view up to date; returns what stops it. */
export function startInside(): () => void {
  let stop: AbortController | undefined;
  const endAsking = effect(() => {
    const run = opened.value;
    stop?.abort();
    inside.value = undefined;
    if (!run) return;
    stop = new AbortController();
    const keep = (found: InsideNetwork) =>
      batch(() => {
        inside.value = found;
        position.value = Math.min(address.peek().moment ?? middle(), moments.peek().length - 1);
      });
    reporting(ask("inside", {}, keep, stop.signal));
  });
  let frame = 0;
  const endPlaying = effect(() => {
    cancelAnimationFrame(frame);
    if (!isPlaying.value) return;
    let before: number | undefined;
    const next = (now: number) => {
      const last = moments.peek().length - 1;
      position.value = Math.min(position.peek() + (speed.peek() * (now - (before ?? now))) / 1000, last);
      before = now;
      if (position.peek() === last) goTo(last);
      else frame = requestAnimationFrame(next);
    };
    frame = requestAnimationFrame(next);
  });
  return () => {
    stop?.abort();
    cancelAnimationFrame(frame);
    endAsking();
    endPlaying();
    isPlaying.value = false;
  };
}

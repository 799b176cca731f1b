import { batch, computed, signal } from "@preact/signals";
import type { PictureSize, Position } from "../../browser.ts";
import type { GivenSizes } from "../../models/by-name.ts";
import { DIGITS_FILE, DIGITS_FOLDER, DIGITS_LEVELS, RUNTIME_WORKER } from "../site.ts";
import { openAsking } from "./ask.ts";
import { idxPictures } from "./idx-pictures.ts";
import type { OnnxConversations, TrainingPictures, TrainingProgress } from "./onnx-messages.ts";
import { fileOf } from "./run-files.ts";

// A network that is trained in the page, and the pictures that a person draws for it.

/** What a network can be trained on. */
export const SOURCES = ["Digits", "My own drawings"] as const;
export type Source = (typeof SOURCES)[number];

/** The networks to choose from, and their sizes for a width and a number of layers. */
export const NETWORKS: Readonly<Record<string, (width: number, depth: number) => GivenSizes>> = {
  pixelcnn: (width, depth) => ({ width, depth, kernel: 3, head: 2 * width }),
  "gated-pixelcnn": (width, depth) => ({ width, depth, kernel: 3, head: 2 * width }),
  "row-lstm": (width, depth) => ({ width, depth, head: 2 * width }),
  pixelsnail: (width, depth) => ({ width, blocks: depth, layers: 1, key: 8, value: width }),
};

/** Drawings are black and white, of the size of the digits. */
export const DRAWING_SIZE: PictureSize = { channels: 1, rows: 8, cols: 8 };
export const DRAWING_LEVELS = 2;
/** With fewer there is nothing to learn but that picture. */
const LEAST_DRAWINGS = 2;

export const source = signal<Source>("Digits");
export const model = signal("pixelcnn");
export const width = signal(16);
export const depth = signal(2);
export const steps = signal(400);
export const learningRate = signal(0.01);
export const seed = signal(0);

/** The drawing that is worked at, [rows, cols], and those that are finished. */
export const drawing = signal(blank());
export const drawings = signal<readonly Uint8Array[]>([]);
export const cursor = signal<Position | undefined>(undefined);

export const isTraining = signal(false);
/** All that was told of the training. */
export const told = signal<readonly TrainingProgress[]>([]);
/** Steps of the training that is told of. */
export const stepsOfAll = signal(0);
export const failure = signal("");

export const canTrain = computed(() => source.value === "Digits" || drawings.value.length >= LEAST_DRAWINGS);
/** The last of what was drawn with the network, and its step. */
export const look = computed(() => told.value.findLast((one) => one.look));

const worker = openAsking<OnnxConversations>(`./${RUNTIME_WORKER}`);

function blank(): Uint8Array {
  return new Uint8Array(DRAWING_SIZE.rows * DRAWING_SIZE.cols);
}

export const isErasing = signal(false);

/** Paints a pixel of the drawing, or erases it. */
export function draw({ row, col }: Position): void {
  const next = drawing.value.slice();
  const pixel = row * DRAWING_SIZE.cols + col;
  next[pixel] = isErasing.value ? 0 : 1;
  drawing.value = next;
}

export function addDrawing(): void {
  batch(() => {
    drawings.value = [...drawings.value, drawing.value];
    drawing.value = blank();
  });
}

export const clearDrawing = (): void => void (drawing.value = blank());

export function removeDrawing(index: number): void {
  drawings.value = drawings.value.filter((_, i) => i !== index);
}

async function trainingPictures(): Promise<TrainingPictures> {
  if (source.value === "Digits") {
    const file = await fileOf(`${DIGITS_FOLDER}/${DIGITS_FILE}`);
    return idxPictures(new Uint8Array(await file.arrayBuffer()), "digits", DIGITS_LEVELS);
  }
  const pixels = new Uint8Array(drawings.value.length * blank().length);
  drawings.value.forEach((one, i) => pixels.set(one, i * one.length));
  return { name: "drawings", size: DRAWING_SIZE, levels: DRAWING_LEVELS, pixels };
}

/** Trains from the start. */
export async function startTraining(): Promise<void> {
  batch(() => {
    isTraining.value = true;
    told.value = [];
    failure.value = "";
    stepsOfAll.value = steps.value;
  });
  try {
    const question = {
      model: model.value,
      sizes: NETWORKS[model.value]!(width.value, depth.value),
      pictures: await trainingPictures(),
      steps: steps.value,
      lr: learningRate.value,
      seed: seed.value,
    };
    await worker.ask("train", question, (progress) => (told.value = [...told.peek(), progress]));
  } catch (error) {
    failure.value = error instanceof Error ? error.message : String(error);
  } finally {
    stopTraining();
  }
}

/** Ends the worker, whose memory is freed; what it has told stays. */
export function stopTraining(): void {
  worker.end();
  isTraining.value = false;
}

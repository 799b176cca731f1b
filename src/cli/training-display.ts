import { stderr } from "node:process";
import { dequantise } from "../data/quantise.ts";
import { pictureGrid } from "../pictures/grid.ts";
import { halfBlocks } from "../pictures/terminal.ts";
import type { MetricsRecord, TrainEvent } from "../train/events.ts";
import { duration, note, StatusLine } from "./output.ts";

/** Shows training: one line and pictures in a terminal; elsewhere a plain line per validation. */
export function trainingDisplay(): (event: TrainEvent) => void {
  const status = new StatusLine();
  let steps = 0;
  return (event) => {
    switch (event.type) {
      case "start":
        steps = event.steps;
        note(
          `${count(event.parameters)} parameters, ${count(steps)} steps; ` +
            `${count(event.trainPictures)} pictures to train on, ${count(event.validPictures)} to validate with` +
            (event.device === "webgpu" ? "; by WebGPU" : ""),
        );
        break;
      case "progress":
        status.show(`${measured(event, steps)}  ${duration(event.secondsLeft)} left`);
        break;
      case "metrics":
        if (event.validNats === null || event.validBitsPerDim === null) break;
        status.clear();
        note(`${measured(event, steps)}  valid ${likelihood(event.validNats, event.validBitsPerDim)}`);
        break;
      case "preview":
        if (stderr.isTTY !== true) break;
        status.clear();
        note(previewText(event));
        break;
      case "checkpoint":
        break;
    }
  };
}

const count = (value: number) => value.toLocaleString("en-US");

const likelihood = (nats: number, bits: number) => `${nats.toFixed(2)} nats ${bits.toFixed(3)} bits/dim`;

const measured = (record: Omit<MetricsRecord, "validNats" | "validBitsPerDim">, steps: number) =>
  `step ${record.step}/${steps}  epoch ${record.epoch.toFixed(1)}  ` +
  `${likelihood(record.trainNats, record.trainBitsPerDim)}  ${record.imagesPerSecond.toFixed(0)} images/s`;

function previewText({ pictures, count, size, levels }: Extract<TrainEvent, { type: "preview" }>): string {
  const grid = pictureGrid(dequantise(pictures, levels), count, size, { columns: count, scale: 1, gap: 1 });
  const color = stderr.hasColors?.(2 ** 24) ?? false;
  return halfBlocks(grid, { color, maxColumns: stderr.columns ?? 80 });
}

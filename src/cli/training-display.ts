import { stderr } from "node:process";
import { dequantise } from "../data/quantise.ts";
import { pictureGrid } from "../pictures/grid.ts";
import { halfBlocks } from "../pictures/terminal.ts";
import type { Figure } from "../programs/trainable.ts";
import type { FigureValues, MetricsRecord, TrainEvent } from "../train/events.ts";
import { duration, note, StatusLine } from "./output.ts";

/** Shows training: one line and pictures in a terminal; elsewhere a plain line per validation. */
export function trainingDisplay(): (event: TrainEvent) => void {
  const status = new StatusLine();
  let steps = 0;
  let figures: Extract<TrainEvent, { type: "start" }>["figures"] = { train: [], valid: [] };
  return (event) => {
    switch (event.type) {
      case "start":
        ({ steps, figures } = event);
        note(
          `${count(event.parameters)} parameters, ${count(steps)} steps; ` +
            `${count(event.trainPictures)} pictures to train on, ${count(event.validPictures)} to validate with` +
            (event.device === "webgpu" ? "; by WebGPU" : ""),
        );
        break;
      case "progress":
        status.show(`${measured(event, steps, figures.train)}  ${duration(event.secondsLeft)} left`);
        break;
      case "metrics":
        if (event.valid === null) break;
        status.clear();
        note(
          `${measured(event, steps, figures.train)}` +
            (figures.valid.length > 0 ? `  valid ${figuresText(event.valid, figures.valid)}` : ""),
        );
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

/** Figures as people read them, without details: "86.16 nats 0.159 bits/dim". */
export const figuresText = (values: FigureValues, figures: readonly Figure[]): string =>
  figures
    .filter(({ name, isDetail }) => isDetail !== true && values[name] !== undefined)
    .map(({ name, label, decimals }) => `${values[name]!.toFixed(decimals)} ${label}`)
    .join(" ");

const measured = (record: Omit<MetricsRecord, "valid">, steps: number, figures: readonly Figure[]) =>
  `step ${record.step}/${steps}  epoch ${record.epoch.toFixed(1)}  ` +
  `${figuresText(record.train, figures)}  ${record.imagesPerSecond.toFixed(0)} images/s`;

function previewText({ pictures, count, size, levels }: Extract<TrainEvent, { type: "preview" }>): string {
  const grid = pictureGrid(dequantise(pictures, levels), count, size, { columns: count, scale: 1, gap: 1 });
  const color = stderr.hasColors?.(2 ** 24) ?? false;
  return halfBlocks(grid, { color, maxColumns: stderr.columns ?? 80 });
}

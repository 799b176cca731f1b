import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Position } from "../../browser.ts";
import { paint } from "./paint.ts";
import { opened } from "./studio.ts";
import { pointed, rows, seen, shown } from "./watching.ts";

/** The picture as it is drawn; its pixels can be pointed at, or walked over with the arrow keys. */
export function WatchedPicture() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pixels = useRef(document.createElement("canvas"));
  useSignalEffect(() => {
    if (!opened.value || !canvas.current) return;
    paint(canvas.current, pixels.current, {
      size: opened.value.size,
      levels: opened.value.levels,
      rows: rows.value,
      drawn: shown.value,
      pointed: pointed.value,
      seen: seen.value,
    });
  });

  const pointAt = ({
    currentTarget,
    clientX,
    clientY,
  }: {
    currentTarget: Element;
    clientX: number;
    clientY: number;
  }) => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    const { size } = opened.value!;
    pointed.value = within({
      row: Math.floor(((clientY - top) / height) * size.rows),
      col: Math.floor(((clientX - left) / width) * size.cols),
    });
  };

  return (
    <div
      class="picture"
      tabIndex={0}
      role="application"
      aria-label="The picture. The arrow keys go from pixel to pixel, Escape goes back to the current one."
      aria-describedby="explanation-text"
      onPointerMove={pointAt}
      onPointerDown={pointAt}
      onPointerLeave={() => (pointed.value = undefined)}
      onKeyDown={walk}
      onBlur={() => (pointed.value = undefined)}
    >
      <canvas ref={canvas} />
    </div>
  );
}

const STEPS: Readonly<Record<string, readonly [rows: number, cols: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -Infinity],
  End: [0, Infinity],
  PageUp: [-Infinity, 0],
  PageDown: [Infinity, 0],
};

function walk(event: KeyboardEvent): void {
  if (event.key === "Escape") {
    pointed.value = undefined;
    return;
  }
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const { cols, rows: all } = opened.value!.size;
  // The first key goes to the pixel that was drawn last.
  const last = Math.min(Math.max(shown.value - 1, 0), all * cols - 1);
  const from = pointed.value;
  pointed.value = from
    ? within({ row: from.row + step[0], col: from.col + step[1] })
    : { row: Math.floor(last / cols), col: last % cols };
}

/** The nearest position of the picture. */
function within({ row, col }: Position): Position {
  const { rows, cols } = opened.value!.size;
  const clamp = (value: number, count: number) => Math.min(Math.max(value, 0), count - 1);
  return { row: clamp(row, rows), col: clamp(col, cols) };
}

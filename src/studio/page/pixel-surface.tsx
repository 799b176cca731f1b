import { useSignalEffect, type Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { PictureSize, Position } from "../../browser.ts";

interface PixelSurfaceProps {
  readonly size: PictureSize;
  readonly label: string;
  /** Id of the element that says what is at the cursor. */
  readonly describedBy: string;
  /** The pixel that the pointer or the keyboard is at, if any. */
  readonly cursor: Signal<Position | undefined>;
  /** Where the keyboard's cursor begins. */
  readonly start: () => Position;
  /** Does something to a pixel: where the pointer is pressed, or at the space bar or Enter. */
  readonly onUse?: (at: Position) => void;
  /** Called whenever a signal changes that it reads. */
  readonly paint: (canvas: HTMLCanvasElement) => void;
}

/** A picture whose pixels can be pointed at, or walked over with the arrow keys. */
export function PixelSurface(props: PixelSurfaceProps) {
  const { size, label, describedBy, cursor, start, onUse } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const paint = useRef(props.paint);
  paint.current = props.paint;
  useSignalEffect(() => {
    if (canvas.current) paint.current(canvas.current);
  });

  /** Where the stroke of the pointer was last. */
  const stroke = useRef<Position | undefined>(undefined);
  const follow = ({ currentTarget, clientX, clientY, buttons }: PointerEvent) => {
    const { left, top, width, height } = (currentTarget as Element).getBoundingClientRect();
    const at = {
      row: Math.floor(((clientY - top) / height) * size.rows),
      col: Math.floor(((clientX - left) / width) * size.cols),
    };
    const isInside = at.row >= 0 && at.col >= 0 && at.row < size.rows && at.col < size.cols;
    const isPressed = isInside && (buttons & 1) === 1;
    cursor.value = isInside ? at : undefined;
    if (isPressed) for (const one of between(stroke.current ?? at, at)) onUse?.(one);
    stroke.current = isPressed ? at : undefined;
  };
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const at = cursor.value;
    if (step) cursor.value = at ? within({ row: at.row + step[0], col: at.col + step[1] }, size) : start();
    else if (event.key === "Escape") cursor.value = undefined;
    else if (onUse && (event.key === " " || event.key === "Enter")) onUse((cursor.value ??= start()));
    else return;
    event.preventDefault();
  };
  const leave = () => {
    cursor.value = undefined;
    stroke.current = undefined;
  };

  return (
    <div
      class={onUse ? "picture editor" : "picture"}
      tabIndex={0}
      role="application"
      aria-label={label}
      aria-describedby={describedBy}
      onPointerMove={follow}
      onPointerDown={follow}
      onPointerLeave={leave}
      onKeyDown={walk}
      onBlur={leave}
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

/** The pixels from one to another, without the first: a pointer that moves fast leaves pixels out. */
function between(from: Position, to: Position): Position[] {
  const [rows, cols] = [to.row - from.row, to.col - from.col];
  const steps = Math.max(Math.abs(rows), Math.abs(cols), 1);
  return Array.from({ length: steps }, (_, i) => ({
    row: from.row + Math.round(((i + 1) * rows) / steps),
    col: from.col + Math.round(((i + 1) * cols) / steps),
  }));
}

/** The nearest position of the picture. */
function within({ row, col }: Position, { rows, cols }: PictureSize): Position {
  const clamp = (value: number, count: number) => Math.min(Math.max(value, 0), count - 1);
  return { row: clamp(row, rows), col: clamp(col, cols) };
}

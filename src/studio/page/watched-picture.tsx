import { useRef } from "preact/hooks";
import { paintDrawing, type Shown } from "./paint-drawing.ts";
import { PixelSurface } from "./pixel-surface.tsx";
import { opened } from "./studio.ts";
import { pointed, rows, seen, shown } from "./watching.ts";

/** The picture as it is drawn; its pixels can be pointed at. */
export function WatchedPicture() {
  const pixels = useRef(document.createElement("canvas"));
  const painted = useRef<Shown>(undefined);
  const { size, levels } = opened.value!;
  return (
    <PixelSurface
      size={size}
      label="The picture. The arrow keys go from pixel to pixel, Escape goes back to the current one."
      describedBy="explanation-text"
      cursor={pointed}
      // At the pixel that was drawn last.
      start={() => {
        const last = Math.max(shown.value - 1, 0);
        return { row: Math.floor(last / size.cols), col: last % size.cols };
      }}
      paint={(canvas) => {
        const now: Shown = {
          size,
          levels,
          rows: rows.value,
          drawn: shown.value,
          pointed: pointed.value,
          seen: seen.value,
        };
        paintDrawing(canvas, pixels.current, now, painted.current);
        painted.current = now;
      }}
    />
  );
}

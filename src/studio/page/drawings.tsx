import { useRef } from "preact/hooks";
import { paintSheet } from "./paint.ts";
import { PixelSurface } from "./pixel-surface.tsx";
import { Thumbnail } from "./thumbnail.tsx";
import {
  addDrawing,
  canTrain,
  clearDrawing,
  cursor,
  draw,
  drawing,
  DRAWING_LEVELS,
  DRAWING_SIZE,
  drawings,
  isErasing,
  removeDrawing,
} from "./training.ts";

/** A sheet to draw on, and the drawings that a network is to learn from. */
export function Drawings() {
  const pixels = useRef(document.createElement("canvas"));
  return (
    <>
      <div class="drawing">
        <PixelSurface
          size={DRAWING_SIZE}
          label="Your drawing. The arrow keys go from pixel to pixel, the space bar paints."
          describedBy="drawing-text"
          cursor={cursor}
          start={() => ({ row: 0, col: 0 })}
          onUse={draw}
          paint={(canvas) =>
            paintSheet(canvas, pixels.current, DRAWING_SIZE, {
              picture: drawing.value,
              levels: DRAWING_LEVELS,
              cursor: cursor.value,
            })
          }
        />
      </div>
      <p id="drawing-text" aria-live="polite">
        {drawings.value.length} {drawings.value.length === 1 ? "drawing" : "drawings"} to learn from
        {canTrain.value ? "." : ": draw at least two."}
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={isErasing.value}
          onChange={({ currentTarget }) => (isErasing.value = currentTarget.checked)}
        />
        Erase
      </label>
      <div class="buttons">
        <button type="button" disabled={!drawing.value.includes(1)} onClick={addDrawing}>
          Add this drawing
        </button>
        <button type="button" onClick={clearDrawing}>
          Clear
        </button>
      </div>
      <ul class="pictures">
        {drawings.value.map((one, i) => (
          <li key={i}>
            <button
              type="button"
              class="picture-button"
              aria-label={`Remove drawing ${i + 1}`}
              onClick={() => removeDrawing(i)}
            >
              <Thumbnail
                picture={one}
                size={DRAWING_SIZE}
                levels={DRAWING_LEVELS}
                label={`Drawing ${i + 1}`}
              />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import {
  brush,
  COMPLETIONS,
  completions,
  cursor,
  draft,
  givenPixels,
  giveRows,
  paintLevels,
  startCompleting,
  take,
  tool,
  TOOLS,
  use,
} from "./completing.ts";
import { FileChoice } from "./file-choice.tsx";
import { paintGiven } from "./paint.ts";
import { grey, paintPicture } from "./picture.ts";
import { PixelSurface } from "./pixel-surface.tsx";
import { SamplingControls } from "./sampling-controls.tsx";
import { Slider } from "./slider.tsx";
import { opened, reporting } from "./studio.ts";

export function Complete() {
  useEffect(startCompleting, []);
  const pixels = useRef(document.createElement("canvas"));
  const { size, levels, readsAllGiven } = opened.value!;
  return (
    <div class="two-columns">
      <section aria-labelledby="given-heading">
        <h2 id="given-heading">What is given</h2>
        <FileChoice
          label="Take a picture from a file, or drop one here"
          onFiles={([file]) => file && reporting(take(file))}
        >
          <PixelSurface
            size={size}
            label="The given pixels. The arrow keys go from pixel to pixel, the space bar uses the tool."
            describedBy="given-text"
            cursor={cursor}
            start={() => ({ row: 0, col: 0 })}
            onUse={use}
            paint={(canvas) => {
              if (!draft.value) return;
              paintGiven(canvas, pixels.current, size, { ...draft.value, levels, cursor: cursor.value });
            }}
          />
        </FileChoice>
        <p id="given-text" aria-live="polite">
          {text()}
        </p>
        <fieldset>
          <legend>Tool</legend>
          {TOOLS.map((name) => (
            <label key={name} class="check">
              <input
                type="radio"
                name="tool"
                checked={tool.value === name}
                onChange={() => (tool.value = name)}
              />
              {name}
            </label>
          ))}
        </fieldset>
        <div class="fields">
          <PaintLevel />
          <Slider
            label="Brush"
            value={brush.value}
            least={1}
            largest={Math.max(1, Math.ceil(Math.min(size.rows, size.cols) / 4))}
            said={`${brush.value} ${brush.value === 1 ? "pixel" : "pixels"}`}
            onValue={(value) => (brush.value = value)}
          />
        </div>
        <div class="buttons">
          <button type="button" onClick={() => giveRows(0)}>
            Give nothing
          </button>
          <button type="button" onClick={() => giveRows(Math.floor(size.rows / 2))}>
            Give the upper half
          </button>
          <button type="button" onClick={() => giveRows(size.rows)}>
            Give all
          </button>
        </div>
      </section>
      <section aria-labelledby="completions-heading">
        <h2 id="completions-heading">{COMPLETIONS} completions</h2>
        <ul class="pictures few">
          {Array.from({ length: COMPLETIONS }, (_, k) => (
            <li key={k}>
              <Completion number={k} />
            </li>
          ))}
        </ul>
        <p>
          Each pixel is drawn given those above it, and those to its left in its row.{" "}
          {readsAllGiven
            ? "What is given below it is read beforehand, too."
            : "What is given below it has no influence on it."}
        </p>
        <div class="fields">
          <SamplingControls />
        </div>
      </section>
    </div>
  );
}

function text(): string {
  const { size } = opened.value!;
  const pixels = size.rows * size.cols;
  const count = `${givenPixels.value} of ${pixels} pixels are given.`;
  if (!cursor.value || !draft.value) return count;
  const { row, col } = cursor.value;
  const pixel = row * size.cols + col;
  const values = Array.from({ length: size.channels }, (_, c) => draft.value!.picture[c * pixels + pixel]!);
  const what = draft.value.isGiven[pixel] === 1 ? `given, ${values.join(", ")}` : "to be drawn";
  return `${count} Row ${row + 1}, column ${col + 1}: ${what}.`;
}

/** The level or the colour to paint with. */
function PaintLevel() {
  const { size, levels } = opened.value!;
  const chosen = paintLevels.value;
  if (size.channels !== 3) {
    return (
      <Slider
        label="Level"
        value={chosen[0] ?? 0}
        least={0}
        largest={levels - 1}
        said={String(chosen[0] ?? 0)}
        onValue={(value) => (paintLevels.value = chosen.map(() => value))}
      />
    );
  }
  const hex = (level: number) => grey(level, levels).toString(16).padStart(2, "0");
  return (
    <label class="field">
      Colour
      <input
        type="color"
        value={`#${chosen.map(hex).join("")}`}
        onInput={({ currentTarget: { value } }) => {
          const byte = (c: number) => Number.parseInt(value.slice(1 + 2 * c, 3 + 2 * c), 16);
          paintLevels.value = [0, 1, 2].map((c) => Math.round((byte(c) * (levels - 1)) / 255));
        }}
      />
    </label>
  );
}

function Completion({ number }: { readonly number: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useSignalEffect(() => {
    if (!opened.value || !canvas.current) return;
    const { size, levels } = opened.value;
    const length = size.channels * size.rows * size.cols;
    const own = completions.value?.pictures.subarray(number * length, (number + 1) * length);
    const drawnRows = completions.value?.rows[number] ?? 0;
    paintPicture(canvas.current, own ?? new Uint8Array(length), size, { levels, drawnRows });
  });
  return <canvas ref={canvas} role="img" aria-label={`Completion ${number + 1}`} />;
}

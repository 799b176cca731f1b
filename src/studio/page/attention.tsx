import { computed, signal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { paintHeat } from "./paint-heat.ts";
import { percent } from "./picture.ts";
import { opened } from "./studio.ts";
import { attention, explanation } from "./watching.ts";

/** The attention that is shown; the mean of all if the network has none of that name. */
const chosen = signal("");

/**
 * The weights that are shown, [rows, cols], and the pixel that they predict. While the picture is played there are
 * none, and nothing is painted again.
 */
const shown = computed(() => {
  const known = attention.value;
  if (!known || known.found.length === 0) return undefined;
  const { at, found } = known;
  const wanted = explanation.value?.at;
  if (at.row !== wanted?.row || at.col !== wanted.col) return undefined;
  const some = found.filter(({ name }) => name === chosen.value);
  const used = some.length > 0 ? some : found;
  const weights = used[0]!.weights.map((_, pixel) =>
    used.reduce((sum, one) => sum + one.weights[pixel]! / used.length, 0),
  );
  return { at, weights };
});

const isThere = computed(() => (opened.value?.attentions.length ?? 0) > 0 && explanation.value !== undefined);

/** Where a network with attention looks to predict a pixel. */
export function Attention() {
  return isThere.value ? <AttentionMap /> : null;
}

/** A heat map of its weights. */
function AttentionMap() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pixels = useRef(document.createElement("canvas"));
  useSignalEffect(() => {
    if (!canvas.current || !opened.value) return;
    paintHeat(canvas.current, pixels.current, opened.value.size, shown.value);
  });
  const { attentions } = opened.value!;
  return (
    <figure class="attention">
      <figcaption>
        <label class="field">
          Attention
          <select value={chosen.value} onChange={({ currentTarget: { value } }) => (chosen.value = value)}>
            <option value="">mean of all {attentions.length}</option>
            {attentions.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </figcaption>
      <canvas ref={canvas} aria-hidden="true" />
      <p>{text()}</p>
    </figure>
  );
}

/** What the map shows, in words. */
function text(): string {
  const found = shown.value;
  if (!found) return "Asking for the weights \u2026";
  const { cols } = opened.value!.size;
  const before = found.at.row * cols + found.at.col;
  if (before === 0) return "The first pixel has nothing to attend to.";
  const order = [...found.weights.keys()].sort((a, b) => found.weights[b]! - found.weights[a]!);
  const most = order.slice(0, Math.min(3, before)).map((pixel) => {
    const place = `row ${Math.floor(pixel / cols) + 1}, column ${(pixel % cols) + 1}`;
    return `${place} (${percent(found.weights[pixel]!)})`;
  });
  return `It attends most to ${most.join("; ")}. Each would have ${percent(1 / before)} if all were alike.`;
}

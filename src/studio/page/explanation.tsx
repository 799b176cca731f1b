import { Attention } from "./attention.tsx";
import { Bars } from "./bars.tsx";
import { opened } from "./studio.ts";
import { explained, explanation, isFinished, isPlaying, pointed, seen } from "./watching.ts";

/** The distribution, the nats and the receptive field of the pixel that is pointed at, or of the current one. */
export function Explanation() {
  const { size, levels } = opened.value!;
  const found = explanation.value;
  const current = isFinished.value ? "The last pixel" : "The current pixel";
  return (
    <section class="explanation" aria-labelledby="explanation-heading">
      <h2 id="explanation-heading">{pointed.value ? "The pixel you point at" : current}</h2>
      <p id="explanation-text" aria-live={isPlaying.value ? "off" : "polite"}>
        {text()}
      </p>
      {found &&
        colourNames(size.channels).map((name, channel) => {
          const from = channel * size.cols + found.at.col;
          return (
            <Bars
              key={name}
              name={name}
              drawn={found.observed.levels[from]!}
              probabilities={found.observed.probabilities.subarray(from * levels, (from + 1) * levels)}
            />
          );
        })}
      <Attention />
    </section>
  );
}

const colourNames = (channels: number): readonly string[] =>
  channels === 3
    ? ["Red", "Green", "Blue"]
    : channels === 1
      ? ["Level"]
      : Array.from({ length: channels }, (_, channel) => `Channel ${channel}`);

function text(): string {
  const { channels, cols } = opened.value!.size;
  const at = explained.value;
  if (!at) return "";
  const place = `Row ${at.row + 1}, column ${at.col + 1}`;
  const found = explanation.value;
  if (!found) return `${place}: not drawn yet.`;
  const { levels, nats } = found.observed;
  const of = (values: ArrayLike<number>) =>
    Array.from({ length: channels }, (_, channel) => values[channel * cols + at.col]!);
  const total = of(nats).reduce((sum, value) => sum + value, 0);
  const level = channels === 1 ? `level ${of(levels)[0]}` : `levels ${of(levels).join(", ")}`;
  return `${place}: ${level}, ${total.toFixed(2)} nats.${fieldText(at)}`;
}

function fieldText(at: { readonly row: number; readonly col: number }): string {
  const field = seen.value;
  if (!field || field.at.row !== at.row || field.at.col !== at.col) return "";
  const count = field.mask.reduce((sum, one) => sum + one, 0);
  const before = at.row * opened.value!.size.cols + at.col;
  return ` It depends on ${count} of the ${before} pixels before it.`;
}

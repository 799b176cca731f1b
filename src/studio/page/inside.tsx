import { useEffect } from "preact/hooks";
import type { NetworkExplanation } from "../../programs/network-explanation.ts";
import type { NetworkLayer } from "../../programs/network-layers.ts";
import {
  goTo,
  inside,
  isPlaying,
  layer,
  layers,
  moment,
  moments,
  number,
  play,
  show,
  speed,
  startInside,
} from "./inside-network.ts";
import { LayerMap } from "./layer-map.tsx";
import { colourOf, progressOf, timeText } from "./moments.ts";
import { Slider } from "./slider.tsx";
import { ORDERS } from "./address.ts";
import { address, change, opened } from "./studio.ts";

export function Inside() {
  useEffect(startInside, []);
  if (!inside.value) return <p>Reading the network …</p>;
  return (
    <div class="two-columns">
      <section aria-labelledby="layer-heading">
        <h2 id="layer-heading">{layer.value?.name}</h2>
        <Order />
        <div class="picture plain">{layer.value && <LayerMap layer={layer.value} isLarge />}</div>
        <p class="moment" aria-live={isPlaying.value ? "off" : "polite"}>
          {momentText()}
        </p>
        <Transport />
        <p>
          <small>
            Red is computed now, blue has been computed before. The blue outline is what the position in the
            ring is made of.
          </small>
        </p>
      </section>
      <section aria-labelledby="layers-heading">
        <h2 id="layers-heading">{inside.value.layers.length} layers</h2>
        <p>{readText()}</p>
        <ul class="layers">
          {inside.value.layers.map((one) => (
            <li key={one.name}>
              <Layer layer={one} />
            </li>
          ))}
        </ul>
        <Work {...inside.value} />
      </section>
    </div>
  );
}

/** Drawing, or training; of networks with recurrences the latter goes by rows or diagonals. */
function Order() {
  return (
    <fieldset>
      <legend>What is computed when</legend>
      {ORDERS.map((order) => (
        <label key={order} class="check">
          <input
            type="radio"
            name="order"
            checked={address.value.order === order}
            onChange={() => show(order)}
          />
          {{ drawing: "While a picture is drawn", training: "In training" }[order]}
        </label>
      ))}
    </fieldset>
  );
}

function momentText(): string {
  const now = moment.value;
  if (!now || !opened.value) return "";
  const { size } = opened.value;
  if (now.kind === "training") {
    const { order } = layers.value.find(({ name }) => name === now.layer)!;
    const what = !order
      ? "all positions"
      : order.cols === 0
        ? `row ${now.front + 1}`
        : `diagonal ${now.front + 1}`;
    return `The whole picture is known. ${now.layer}: ${what} at once.`;
  }
  const place = `Row ${now.row + 1}`;
  const isOfRow = now.time === 0 || now.time === size.channels + 2;
  const at = isOfRow ? place : `${place}, column ${now.col + 1}`;
  const count = layers.value.filter(
    (one) => progressOf(one, layers.value, now, size)(now.row, now.col).now > 0,
  ).length;
  const rest = `${count} ${count === 1 ? "layer is" : "layers are"} computed.`;
  return `${at}, ${timeText(now.time, size.channels)}: ${rest}`;
}

function Transport() {
  const last = moments.value.length - 1;
  return (
    <>
      <div class="buttons" role="group" aria-label="Moments">
        <button type="button" class="main" onClick={isPlaying.value ? () => goTo(number.value) : play}>
          {isPlaying.value ? "Pause" : "Play"}
        </button>
        <button type="button" disabled={number.value === 0} onClick={() => goTo(number.value - 1)}>
          Step back
        </button>
        <button type="button" disabled={number.value === last} onClick={() => goTo(number.value + 1)}>
          Step
        </button>
      </div>
      <div class="fields">
        <Slider
          label="Moment"
          value={number.value}
          least={0}
          largest={last}
          said={`${number.value + 1} of ${last + 1}`}
          onValue={goTo}
        />
        <Slider
          label="Speed"
          value={Math.log2(speed.value)}
          least={0}
          largest={8}
          said={`${speed.value} a second`}
          onValue={(value) => (speed.value = 2 ** value)}
        />
      </div>
    </>
  );
}

function readText(): string {
  const shown = layer.value;
  if (!shown) return "";
  const { channels } = opened.value!.size;
  const nameOf = (read: string | undefined) =>
    read === undefined ? "the picture" : read === shown.name ? "its own values at other positions" : read;
  const ofLayers = [...new Set(shown.reads.map((read) => nameOf(read.layer)))];
  const sources =
    ofLayers.length > 4
      ? `${ofLayers.slice(-3).join(", ")} and ${ofLayers.length - 3} more`
      : ofLayers.join(", ");
  const whole = shown.times.length === 1;
  const when = shown.times.map(({ time, channels: own }) => {
    return `${whole ? "" : `${own} channels `}${timeText(time, channels)}`;
  });
  const attention = shown.kind === "attention" ? " It attends to all earlier positions." : "";
  return `${shown.name} is computed ${when.join(", ")}. It reads ${sources || "no other layer"}.${attention}`;
}

/** A layer as `nextpixel info` tells it, and a small map of it. */
function Layer({ layer: { name, parameters, count, schedule } }: { readonly layer: NetworkLayer }) {
  const weights = parameters.find((one) => /\.(weight|v)$/.test(one.name)) ?? parameters[0];
  return (
    <button
      type="button"
      class="layer"
      disabled={!schedule}
      aria-pressed={layer.value?.name === name}
      onClick={() => change({ layer: name })}
    >
      {schedule && <LayerMap layer={schedule} />}
      <span>
        {name.split(".").map((part, i) => (
          <>
            {i > 0 && "."}
            <wbr />
            {part}
          </>
        ))}
      </span>
      <small>
        {weights
          ? `[${weights.shape.join(", ")}], ${count.toLocaleString("en")} parameters`
          : "no parameters"}
      </small>
    </button>
  );
}

const rounded = (value: number) => Math.round(value).toLocaleString("en");

/** What drawing a pixel takes, and what it sees. */
function Work({ multiplyAddsPerPixel, sampler, receptiveField: field }: NetworkExplanation) {
  const { row, pixel, colours, after, rowEnd } = sampler.multiplyAddsPerPixel;
  const { channels } = opened.value!.size;
  const rows: readonly (readonly [string, number])[] = [
    ["With the row, before it is begun", row],
    [colours.length > 0 ? `Before ${colourOf(0, channels)} is drawn` : "Before the pixel is drawn", pixel],
    ...colours.map((work, i) => [`Before ${colourOf(i + 1, channels)} is drawn`, work] as const),
    ["When the pixel is known", after],
    ["With the row, when it is finished", rowEnd],
  ];
  return (
    <>
      <table class="work">
        <caption>Multiply-adds for each pixel that is drawn</caption>
        <tbody>
          {rows
            .filter(([, work]) => work > 0)
            .map(([when, work]) => (
              <tr key={when}>
                <th scope="row">{when}</th>
                <td>{rounded(work)}</td>
              </tr>
            ))}
          <tr>
            <th scope="row">In a full pass over the picture</th>
            <td>{rounded(multiplyAddsPerPixel)}</td>
          </tr>
        </tbody>
      </table>
      {field && (
        <p>
          A pixel depends on up to {rounded(field.pixels)} others: {field.above} rows above, {field.left}{" "}
          columns to the left and {field.right} to the right. Blind spot: {rounded(field.blindPixels)} pixels.
        </p>
      )}
    </>
  );
}

import { useEffect } from "preact/hooks";
import { bitsPerDim } from "../../basics/units.ts";
import { placeRow } from "../../runtime/step/sampler.ts";
import { SPEEDS } from "./address.ts";
import { Explanation } from "./explanation.tsx";
import { saveGif } from "./save.ts";
import { NumberField, SamplingControls } from "./sampling-controls.tsx";
import { Slider } from "./slider.tsx";
import { address, change, opened, reporting } from "./studio.ts";
import {
  goTo,
  isDrawn,
  isFinished,
  isPlaying,
  nats,
  pause,
  pixels,
  play,
  rows,
  shown,
  speed,
  startWatching,
} from "./watching.ts";
import { WatchedPicture } from "./watched-picture.tsx";

const LARGEST_PICTURE = 2 ** 32 - 1;

export function Watch() {
  useEffect(startWatching, []);
  return (
    <div class="watch">
      <section class="stage" aria-labelledby="picture-heading">
        <h2 id="picture-heading">Picture {address.value.picture}</h2>
        <WatchedPicture />
        <Progress />
        <Transport />
      </section>
      <Explanation />
      <Pace />
      <section class="settings" aria-labelledby="settings-heading">
        <h2 id="settings-heading">Settings</h2>
        <div class="fields">
          <SamplingControls />
          <NumberField
            label="Picture"
            value={address.value.picture}
            largest={LARGEST_PICTURE}
            onValue={(picture) => change({ picture, pixel: undefined })}
          />
        </div>
        <p>
          <button
            type="button"
            onClick={() => change({ picture: address.value.picture + 1, pixel: undefined })}
          >
            Next picture
          </button>{" "}
          <button type="button" disabled={!isDrawn.value} onClick={() => reporting(save())}>
            Save as GIF
          </button>
        </p>
      </section>
    </div>
  );
}

/** Saves an animation of the picture being drawn. */
async function save(): Promise<void> {
  const { folder, size, levels } = opened.value!;
  const { seed, picture } = address.value;
  const pictures = new Uint8Array(size.channels * size.rows * size.cols);
  for (const { row, levels } of rows.value) placeRow(pictures, size, { first: 0, count: 1, row, levels });
  saveGif(`${folder}-seed-${seed}-picture-${picture}.gif`, { pictures, count: 1, size, levels });
}

function Progress() {
  const { channels } = opened.value!.size;
  const bits = bitsPerDim(nats.value, channels * shown.value);
  return (
    <p class="progress">
      {shown.value} of {pixels.value} pixels, {nats.value.toFixed(2)} nats
      {shown.value > 0 && `, ${bits.toFixed(3)} bits/dim`}
    </p>
  );
}

/** Plays the picture, or goes through it step by step. */
function Transport() {
  return (
    <div class="buttons" role="group" aria-label="Drawing">
      <button type="button" class="main" onClick={isPlaying.value ? pause : play}>
        {isPlaying.value ? "Pause" : isFinished.value ? "Play again" : "Play"}
      </button>
      <button type="button" disabled={shown.value === 0} onClick={() => goTo(shown.value - 1)}>
        Step back
      </button>
      <button type="button" disabled={isFinished.value} onClick={() => goTo(shown.value + 1)}>
        Step
      </button>
      <button type="button" disabled={isFinished.value} onClick={() => goTo(pixels.value)}>
        To the end
      </button>
    </div>
  );
}

/** How fast the picture is drawn, where it is, and what is shown beside it. */
function Pace() {
  const perSecond = SPEEDS[speed.value]!;
  const said =
    perSecond === Infinity ? "at once" : `${perSecond} ${perSecond === 1 ? "pixel" : "pixels"} a second`;
  return (
    <section class="pace" aria-label="Pace">
      <Slider
        label="Speed"
        value={speed.value}
        least={0}
        largest={SPEEDS.length - 1}
        said={said}
        onValue={(value) => change({ speed: value })}
      />
      <Slider label="Pixels drawn" value={shown.value} least={0} largest={pixels.value} onValue={goTo} />
      <label class="check">
        <input
          type="checkbox"
          checked={address.value.field}
          onChange={({ currentTarget }) => change({ field: currentTarget.checked })}
        />
        Show what the current pixel depends on
      </label>
    </section>
  );
}

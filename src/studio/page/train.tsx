import { useEffect } from "preact/hooks";
import { Curve } from "./curve.tsx";
import { Drawings } from "./drawings.tsx";
import { LOOK_PICTURES } from "./onnx-messages.ts";
import { NumberField } from "./sampling-controls.tsx";
import { Slider } from "./slider.tsx";
import { watchTrained } from "./studio.ts";
import { pictureAt, Thumbnail } from "./thumbnail.tsx";
import {
  canTrain,
  depth,
  failure,
  isTraining,
  learningRate,
  look,
  model,
  NETWORKS,
  seed,
  source,
  SOURCES,
  startTraining,
  steps,
  stepsOfAll,
  stopTraining,
  told,
  width,
} from "./training.ts";

/** Trains a small network in the page. */
export function Train() {
  useEffect(() => stopTraining, []);
  return (
    <div class="two-columns">
      <section aria-labelledby="pictures-heading">
        <h2 id="pictures-heading">What it learns from</h2>
        <fieldset>
          <legend>Pictures</legend>
          {SOURCES.map((name) => (
            <label key={name} class="check">
              <input
                type="radio"
                name="source"
                checked={source.value === name}
                onChange={() => (source.value = name)}
              />
              {name}
            </label>
          ))}
        </fieldset>
        {source.value === "Digits" ? (
          <p>3,823 handwritten digits of 8x8 pixels, which are part of this site.</p>
        ) : (
          <Drawings />
        )}
        <Settings />
      </section>
      <section aria-labelledby="training-heading">
        <h2 id="training-heading">Training</h2>
        <Progress />
      </section>
    </div>
  );
}

const RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1] as const;

function Settings() {
  return (
    <div class="fields">
      <label class="field">
        Network
        <select value={model.value} onChange={({ currentTarget: { value } }) => (model.value = value)}>
          {Object.keys(NETWORKS).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Slider
        label="Width"
        value={width.value}
        least={4}
        largest={32}
        step={4}
        said={`${width.value} channels`}
        onValue={(value) => (width.value = value)}
      />
      <Slider
        label="Layers"
        value={depth.value}
        least={1}
        largest={6}
        said={String(depth.value)}
        onValue={(value) => (depth.value = value)}
      />
      <Slider
        label="Learning rate"
        value={RATES.indexOf(learningRate.value as (typeof RATES)[number])}
        least={0}
        largest={RATES.length - 1}
        said={String(learningRate.value)}
        onValue={(value) => (learningRate.value = RATES[value]!)}
      />
      <NumberField
        label="Steps"
        value={steps.value}
        largest={100_000}
        onValue={(value) => (steps.value = Math.max(1, value))}
      />
      <NumberField
        label="Seed"
        value={seed.value}
        largest={Number.MAX_SAFE_INTEGER}
        onValue={(value) => (seed.value = value)}
      />
    </div>
  );
}

function Progress() {
  const last = told.value.at(-1);
  const valid = told.value.filter((one) => one.look?.valid !== undefined);
  const found = look.value?.look;
  return (
    <>
      <div class="buttons">
        {isTraining.value ? (
          <button type="button" class="main" onClick={stopTraining}>
            Stop
          </button>
        ) : (
          <button type="button" class="main" disabled={!canTrain.value} onClick={() => void startTraining()}>
            Train
          </button>
        )}
        <button
          type="button"
          disabled={!found}
          onClick={() => watchTrained(found!.trained, look.value!.step)}
        >
          Watch it draw
        </button>
      </div>
      {failure.value && (
        <p class="problem" role="alert">
          {failure.value}
        </p>
      )}
      <p class="moment" role="status">
        {statusText()}
      </p>
      {last && (
        <Curve
          end={stepsOfAll.value}
          unit="bits/dim"
          label={`bits/dim over ${last.step} steps, now ${last.bitsPerDim.toFixed(3)}`}
          lines={[
            { name: "training", kind: "train", points: told.value.map((one) => [one.step, one.bitsPerDim]) },
            ...(valid.length > 0
              ? [
                  {
                    name: "validation",
                    kind: "valid" as const,
                    points: valid.map((one) => [one.step, one.look!.valid!] as const),
                  },
                ]
              : []),
          ]}
        />
      )}
      {found && (
        <>
          <p>What it draws after {look.value!.step} steps:</p>
          <ul class="pictures">
            {Array.from({ length: LOOK_PICTURES }, (_, i) => (
              <li key={i}>
                <Thumbnail
                  picture={pictureAt(found.pictures, found.trained.config.network.size, i)}
                  size={found.trained.config.network.size}
                  levels={found.trained.config.network.levels}
                  label={`Picture ${i}`}
                />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function statusText(): string {
  const last = told.value.at(-1);
  if (!last)
    return isTraining.value
      ? "Loading ONNX Runtime (4 MB) and the pictures …"
      : "The network is trained in your browser, by the graphs of nextpixel train.";
  const done = `Step ${last.step} of ${stepsOfAll.value}, ${last.parameters.toLocaleString("en")} parameters.`;
  if (isTraining.value) return `${done} About ${Math.ceil(last.secondsLeft)} s left.`;
  return last.step === stepsOfAll.value ? `${done} Finished.` : `${done} Stopped.`;
}

import { useEffect } from "preact/hooks";
import type { PublishedFigures, PublishedRun } from "../site.ts";
import { Slider } from "./slider.tsx";
import { NumberField } from "./sampling-controls.tsx";
import { isLocal } from "./local.ts";
import { address, change, familyOfRun } from "./studio.ts";
import { pictureAt, Thumbnail } from "./thumbnail.tsx";
import {
  byFamily,
  compared,
  ends,
  figures,
  goOn,
  hasLatents,
  place,
  preferred,
  samples,
  SAMPLES,
  startFamilies,
  WAY,
  ways,
} from "./whole-pictures.ts";

const ABOUT: Readonly<Record<string, string>> = {
  autoregressive: "Draws pixel by pixel, each given those before it. Its likelihood is exact.",
  vae: "Decodes a picture from latents, all pixels at once. Its likelihood has a bound.",
  gan: "Makes a picture of random numbers, all pixels at once. It has no likelihood.",
};

/** Autoregressive networks, VAEs and GANs side by side. */
export function Families() {
  useEffect(startFamilies, []);
  const runs = compared.value;
  const walking = runs.filter(hasLatents);
  return (
    <>
      <section aria-labelledby="families-heading">
        <h2 id="families-heading">What each draws</h2>
        <div class="seed">
          <NumberField
            label="Seed"
            value={address.value.seed}
            largest={Number.MAX_SAFE_INTEGER}
            onValue={(seed) => change({ seed })}
          />
        </div>
        <div class="families">
          {runs.map((run) => (
            <Samples key={isLocal.value ? familyOfRun(run) : run.folder} run={run} />
          ))}
        </div>
      </section>
      {walking.length > 0 && (
        <section class="walk" aria-labelledby="walk-heading">
          <h2 id="walk-heading">From one picture to another</h2>
          <p>
            Pictures of nearby latents look alike. Move along the way from the first picture of one seed to
            that of another. An autoregressive network has no latents, and no such way.
          </p>
          <div class="fields">
            <Slider
              label="Place on the way"
              value={place.value}
              least={0}
              largest={WAY - 1}
              said={`${Math.round((100 * place.value) / (WAY - 1))} % from seed ${ends.value[0]} to seed ${ends.value[1]}`}
              onValue={(value) => (place.value = value)}
            />
            <div class="buttons">
              <button type="button" onClick={goOn}>
                On to seed {ends.value[1] + 1}
              </button>
            </div>
          </div>
          <div class="families">
            {walking.map((run) => (
              <Way key={run.folder} {...run} />
            ))}
          </div>
        </section>
      )}
      {figures.value && <Figures {...figures.value} />}
    </>
  );
}

function Samples({ run }: { readonly run: PublishedRun }) {
  const { folder, model } = run;
  const family = familyOfRun(run);
  const found = samples.value.get(folder);
  return (
    <section aria-label={folder}>
      <h3>
        {folder} <small>{model}</small>
      </h3>
      <OtherRun family={family} folder={folder} />
      <p>{ABOUT[family]}</p>
      {found ? (
        <ul class="pictures few">
          {Array.from({ length: SAMPLES }, (_, i) => (
            <li key={i}>
              <Thumbnail
                {...found}
                picture={pictureAt(found.pictures, found.size, i)}
                label={`Picture ${i} of ${folder}`}
              />
            </li>
          ))}
        </ul>
      ) : (
        <p>Drawing …</p>
      )}
    </section>
  );
}

/** Lets another run stand for its family, where only one of each family is shown. */
function OtherRun({ family, folder }: { readonly family: string; readonly folder: string }) {
  const all = byFamily.value.get(family) ?? [];
  if (!isLocal.value || all.length < 2) return null;
  return (
    <label>
      Run of the family {family}{" "}
      <select
        value={folder}
        onChange={({ currentTarget }) =>
          (preferred.value = new Map(preferred.value).set(family, currentTarget.value))
        }
      >
        {all.map((one) => (
          <option key={one.folder} value={one.folder}>
            {one.folder}
          </option>
        ))}
      </select>
    </label>
  );
}

function Way({ folder }: PublishedRun) {
  const found = ways.value.get(folder);
  return (
    <section aria-label={`The way of ${folder}`}>
      <h3>{folder}</h3>
      {found ? (
        <div class="large">
          <Thumbnail
            {...found}
            picture={pictureAt(found.pictures, found.size, place.value)}
            label={`Picture ${place.value} on the way of ${folder}`}
          />
        </div>
      ) : (
        <p>Drawing …</p>
      )}
    </section>
  );
}

const BETTER = {
  lower: "lower is better",
  higher: "higher is better",
  target: "nearer to the ideal is better",
};

/** The figures of a comparison, for the runs that are shown. */
function Figures({ about, figures: shown, rows }: PublishedFigures) {
  const names = compared.value.map(({ folder }) => folder);
  const columns = rows.filter(({ name }) => names.includes(name));
  if (columns.length === 0) return null;
  const missing = shown.flatMap(({ name, label }) =>
    columns.flatMap((row) => {
      const value = row.values[name];
      return value && "missing" in value ? [`No ${label} of ${row.name}: ${value.missing}.`] : [];
    }),
  );
  return (
    <section aria-labelledby="figures-heading">
      <h2 id="figures-heading">Figures</h2>
      <p>nextpixel compare: {about}.</p>
      <div class="scrolled" tabIndex={0} role="group" aria-label="Table of figures">
        <table>
          <thead>
            <tr>
              <th scope="col">Figure</th>
              {columns.map(({ name }) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, label, unit, decimals, better }) => (
              <tr key={name}>
                <th scope="row">
                  {label}{" "}
                  <small>{[unit === label ? "" : unit, BETTER[better]].filter(Boolean).join(", ")}</small>
                </th>
                {columns.map((row) => {
                  const value = row.values[name];
                  return (
                    <td key={row.name}>
                      {value && "value" in value ? value.value.toFixed(decimals) : "none"}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {missing.map((sentence) => (
        <p key={sentence}>
          <small>{sentence}</small>
        </p>
      ))}
      <details>
        <summary>What these figures are</summary>
        <dl>
          {shown.map(({ name, label, definition }) => (
            <div key={name}>
              <dt>{label}</dt>
              <dd>{definition}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}

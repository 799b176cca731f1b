import { computed } from "@preact/signals";
import { Chart, type Line } from "./chart.tsx";
import { inWords, PARTS, shortNumber, smoothed, type Curve, type Part } from "./curves.ts";
import { LOGARITHMIC, type RunsSettings } from "./settings.ts";
import { change, curves, settings, shownRuns, zoom } from "./state.ts";

const IN_WORDS: Readonly<Record<Part, string>> = { train: "training", valid: "validation" };

/** The curves of each figure that a run which is shown has. */
const figures = computed(() => {
  const share = settings.value.smoothing / 100;
  const found = new Map<string, Line[]>();
  for (const [colour, { name }] of shownRuns.value.entries()) {
    for (const [figure, parts] of curves.value.get(name)?.content.figures ?? []) {
      const lines = found.get(figure) ?? [];
      found.set(figure, lines);
      for (const part of PARTS) {
        const curve = parts[part];
        if (curve === undefined) continue;
        const isMarked = part === "valid";
        lines.push({
          label: `${name}, ${IN_WORDS[part]}`,
          // A validation is a mean over all its pictures: there is no noise of batches to smooth away.
          curve: isMarked ? curve : smoothed(curve, share),
          colour,
          isMarked,
        });
      }
    }
  }
  return found;
});

/** The curves of the runs that are shown. */
export function Curves() {
  if (shownRuns.value.length === 0) return null;
  const { logarithmic } = settings.value;
  return (
    <section class="curves" aria-labelledby="curves-heading">
      <h2 id="curves-heading">Curves</h2>
      <Read />
      <Controls />
      <div class="charts">
        {[...figures.value].map(([figure, lines]) => (
          <Chart
            key={figure}
            title={inWords(figure)}
            lines={lines}
            isStepLogarithmic={logarithmic === "step" || logarithmic === "both"}
            isValueLogarithmic={logarithmic === "value" || logarithmic === "both"}
            zoom={zoom.value}
            onZoom={(range) => change({ zoom: range === undefined ? "" : range.join("-") })}
          />
        ))}
      </div>
      {figures.value.size > 0 && <LastValues />}
    </section>
  );
}

/** Up to which step the curves are known, and which colour belongs to which run. */
function Read() {
  return (
    <ul class="read">
      {shownRuns.value.map(({ name, steps, metrics }, place) => {
        const found = curves.value.get(name);
        const end = steps === undefined ? "" : ` of ${steps}`;
        const unread = metrics === "" ? "has no records yet" : "being read";
        const read = found === undefined ? unread : `read up to step ${found.content.step}${end}`;
        return (
          <li key={name}>
            <span class={`swatch run-${place + 1}`} aria-hidden="true" /> {name}{" "}
            <small>
              {read}
              {found?.version === "" && ", more is being read"}
            </small>
          </li>
        );
      })}
    </ul>
  );
}

function Controls() {
  const { smoothing, logarithmic } = settings.value;
  const [from, to] = zoom.value ?? [];
  const zoomTo = (next: readonly [number | undefined, number | undefined]) => {
    const last = Math.max(...shownRuns.value.map(({ name }) => curves.value.get(name)?.content.step ?? 0));
    const [first = 0, end = last] = next;
    change({ zoom: first < end ? `${first}-${end}` : "" });
  };
  const step = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
  return (
    <div class="fields">
      <div class="field">
        <label for="smoothing">Smoothing</label>
        <output for="smoothing">{smoothing} %</output>
        <input
          id="smoothing"
          type="range"
          min={0}
          max={99}
          value={smoothing}
          aria-valuetext={`${smoothing} percent`}
          onInput={({ currentTarget }) => change({ smoothing: currentTarget.valueAsNumber })}
        />
      </div>
      <label class="field">
        Logarithmic axes
        <select
          value={logarithmic}
          onChange={({ currentTarget }) =>
            change({ logarithmic: currentTarget.value as RunsSettings["logarithmic"] })
          }
        >
          {LOGARITHMIC.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        From step
        <input
          type="number"
          min={0}
          value={from ?? ""}
          onChange={({ currentTarget }) => zoomTo([step(currentTarget.value), to])}
        />
      </label>
      <label class="field">
        To step
        <input
          type="number"
          min={1}
          value={to ?? ""}
          onChange={({ currentTarget }) => zoomTo([from, step(currentTarget.value)])}
        />
      </label>
      <p class="field">
        <button type="button" disabled={zoom.value === undefined} onClick={() => change({ zoom: "" })}>
          All steps
        </button>
      </p>
    </div>
  );
}

/** What the curves have come to: the same as text. */
function LastValues() {
  const last = (curve: Curve | undefined) => {
    const value = curve?.values.at(-1);
    return value === undefined ? "–" : shortNumber(value);
  };
  return (
    <details>
      <summary>Last values as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Last values">
        <table>
          <thead>
            <tr>
              <th scope="col">Figure</th>
              {shownRuns.value.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...figures.value.keys()].flatMap((figure) =>
              PARTS.map((part) => {
                const own = shownRuns.value.map(
                  ({ name }) => curves.value.get(name)?.content.figures.get(figure)?.[part],
                );
                if (own.every((curve) => curve === undefined)) return null;
                return (
                  <tr key={`${figure} ${part}`}>
                    <th scope="row">
                      {inWords(figure)}, {IN_WORDS[part]}
                    </th>
                    {own.map((curve, i) => (
                      <td key={shownRuns.value[i]!.name}>{last(curve)}</td>
                    ))}
                  </tr>
                );
              }),
            )}
          </tbody>
        </table>
      </div>
    </details>
  );
}

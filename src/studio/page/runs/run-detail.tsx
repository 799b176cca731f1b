import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { RunDetails, RunSummary } from "../../runs-api.ts";
import { differences, fieldRows } from "./differences.ts";
import { ask, ofRun, tell } from "./requests.ts";
import { StateMark } from "./run-table.tsx";
import { comparedWith, details, list, logs, run } from "./state.ts";

/** All about one run, and what can be done with it. */
export function RunDetail() {
  const one = run.value;
  if (one === undefined) return null;
  const told = details.value.get(one.name);
  return (
    <section class="run-detail" aria-labelledby="run-heading">
      <h2 id="run-heading">{one.name}</h2>
      <p>
        <span role="status">
          <StateMark state={one.state} />
        </span>
        {one.steps !== undefined && `, step ${one.step} of ${one.steps}`}
      </p>
      {one.problem !== undefined && <p class="problem">{one.problem}</p>}
      <Actions key={one.name} one={one} />
      {told && told.previews.length > 0 && <Previews key={one.name} one={one} steps={told.previews} />}
      <Log one={one} />
      {told?.config !== undefined && <Configuration one={one} own={told} />}
    </section>
  );
}

/** Stops a training, or goes on with it. */
function Actions({ one }: { readonly one: RunSummary }) {
  const [refusal, refuse] = useState("");
  const [steps, setSteps] = useState("");
  const [isStopping, setStopping] = useState(false);
  const act = (what: "stop" | "resume", body: object) => {
    refuse("");
    setStopping(what === "stop");
    tell(ofRun(one.name, `/${what}`), body).catch((error: Error) => {
      refuse(error.message);
      setStopping(false);
    });
  };
  const isTraining = one.state === "training";
  const isFinished = one.state === "finished";
  useEffect(() => {
    if (!isTraining) setStopping(false);
  }, [isTraining]);
  return (
    <>
      <form
        class="buttons"
        onSubmit={(event) => {
          event.preventDefault();
          act("resume", steps === "" ? {} : { steps: Number(steps) });
        }}
      >
        {one.draws === "pixels" && (
          <a class="button" href={`?run=${encodeURIComponent(one.name)}`}>
            Watch it draw
          </a>
        )}
        {isTraining ? (
          <button type="button" disabled={isStopping} onClick={() => act("stop", {})}>
            {isStopping ? "Saving and stopping …" : "Stop and save"}
          </button>
        ) : (
          one.model !== undefined && (
            <>
              <button type="submit">Resume</button>
              <label>
                up to step{" "}
                <input
                  type="number"
                  min={one.step + 1}
                  required={isFinished}
                  placeholder={String(one.steps)}
                  value={steps}
                  onInput={({ currentTarget }) => setSteps(currentTarget.value)}
                />
              </label>
            </>
          )
        )}
      </form>
      {refusal && (
        <p class="problem" role="alert">
          {refusal}
        </p>
      )}
    </>
  );
}

/** The pictures that were drawn in training, always with the same random numbers. */
function Previews({ one, steps }: { readonly one: RunSummary; readonly steps: readonly number[] }) {
  /** Undefined: the newest, whichever that is. */
  const [place, setPlace] = useState<number | undefined>(undefined);
  const [url, setUrl] = useState("");
  const at = Math.min(place ?? Infinity, steps.length - 1);
  const step = steps[at]!;
  useEffect(() => {
    let isCurrent = true;
    let made = "";
    ask(ofRun(one.name, `/previews/${step}`))
      .then((response) => response.blob())
      .then((blob) => {
        if (!isCurrent) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      })
      // A preview of a run that is started over is gone; the list of those there are comes with the next look.
      .catch(() => undefined);
    return () => {
      isCurrent = false;
      if (made !== "") URL.revokeObjectURL(made);
    };
  }, [one.name, step]);
  const said = `after step ${step}`;
  return (
    <div class="previews">
      <h3>Pictures drawn in training</h3>
      {url && <img src={url} alt={`Pictures drawn ${said}`} />}
      <div class="field">
        <label for="preview-step">Drawn</label>
        <output for="preview-step">{said}</output>
        <input
          id="preview-step"
          type="range"
          min={0}
          max={steps.length - 1}
          value={at}
          disabled={steps.length === 1}
          aria-valuetext={said}
          onInput={({ currentTarget }) => {
            const next = currentTarget.valueAsNumber;
            setPlace(next === steps.length - 1 ? undefined : next);
          }}
        />
      </div>
    </div>
  );
}

const isLogOpen = signal(false);

function Log({ one }: { readonly one: RunSummary }) {
  const text = logs.value.get(one.name)?.content ?? "";
  const place = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [text, isLogOpen.value]);
  return (
    <details open={isLogOpen.value} onToggle={({ currentTarget }) => (isLogOpen.value = currentTarget.open)}>
      <summary>Log</summary>
      {text === "" ? (
        <p>There is none: the studio keeps the log of trainings that it has started.</p>
      ) : (
        <pre ref={place} tabIndex={0} role="region" aria-label="Log">
          {text}
        </pre>
      )}
    </details>
  );
}

/** What a run was asked for, or in what it differs from another one. */
function Configuration({ one, own }: { readonly one: RunSummary; readonly own: RunDetails }) {
  const others = list.value!.runs.filter(({ name, model }) => name !== one.name && model !== undefined);
  const other = others.find(({ name }) => name === comparedWith.value);
  const config = other && details.value.get(other.name)?.config;
  const rows = config ? differences([own.config, config]) : fieldRows([own.config]);
  return (
    <details>
      <summary>Configuration</summary>
      {others.length > 0 && (
        <label class="field">
          Differences from{" "}
          <select
            value={other?.name ?? ""}
            onChange={({ currentTarget }) => (comparedWith.value = currentTarget.value)}
          >
            <option value="">no other run: all settings</option>
            {others.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {rows.length === 0 ? (
        <p>The two runs were asked for the same.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Settings">
          <table>
            <thead>
              <tr>
                <th scope="col">Setting</th>
                <th scope="col">{one.name}</th>
                {config && <th scope="col">{other!.name}</th>}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ path, values }) => (
                <tr key={path}>
                  <th scope="row">{path}</th>
                  {values.map((value, i) => (
                    <td key={i}>{value ?? "–"}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

import { signal } from "@preact/signals";
import type { RunState, RunSummary } from "../../runs-api.ts";
import { inWords, shortNumber } from "./curves.ts";
import { NewRunDialog, openNewRun } from "./new-run.tsx";
import { change, list, MOST_RUNS, run, shownRuns, toggle } from "./state.ts";

const wanted = signal("");

/** All runs, to choose from. */
export function RunTable() {
  const { folder, runs } = list.value!;
  const words = wanted.value.toLowerCase().split(/\s+/);
  const found = runs.filter((one) => {
    const text = `${one.name} ${one.state} ${one.model} ${one.dataset}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <section class="run-list" aria-labelledby="runs-heading">
      <h2 id="runs-heading">Runs</h2>
      <div class="buttons">
        <button type="button" class="main" onClick={openNewRun}>
          New run
        </button>
        {runs.length > 0 && (
          <input
            type="search"
            aria-label="Find runs"
            placeholder="Find runs"
            value={wanted.value}
            onInput={({ currentTarget }) => (wanted.value = currentTarget.value)}
          />
        )}
      </div>
      <NewRunDialog />
      <p>
        <small>
          {found.length === runs.length ? runs.length : `${found.length} of ${runs.length}`}{" "}
          {runs.length === 1 ? "run" : "runs"} in the folder {folder}
        </small>
      </p>
      {runs.length === 0 ? (
        <p>There are no runs yet. Start one here, or with nextpixel train.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="List of runs">
          <table>
            <thead>
              <tr>
                <th scope="col">Curves</th>
                <th scope="col">Run</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {found.map((one) => (
                <RunRow key={one.name} one={one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function RunRow({ one }: { readonly one: RunSummary }) {
  const isCurrent = one === run.value;
  const place = shownRuns.value.indexOf(one);
  const open = (event: MouseEvent) => {
    event.preventDefault();
    change({ run: one.name, beside: "" }, { isNewPage: true });
  };
  return (
    <tr class={isCurrent ? "current" : undefined}>
      <td>
        <input
          type="checkbox"
          class={place < 0 ? undefined : `run-${place + 1}`}
          aria-label={`Curves of ${one.name}`}
          checked={place >= 0}
          disabled={isCurrent || (place < 0 && shownRuns.value.length === MOST_RUNS)}
          onChange={() => toggle(one.name)}
        />
      </td>
      <td>
        <a
          href={`?view=runs&run=${encodeURIComponent(one.name)}`}
          aria-current={isCurrent || undefined}
          onClick={open}
        >
          {one.name}
        </a>
        <small>{one.model === undefined ? "not begun" : `${one.model} on ${one.dataset}`}</small>
      </td>
      <td>
        <StateMark state={one.state} />
        <small>
          {one.steps === undefined ? "" : `step ${one.step} of ${one.steps}`}
          {validText(one)}
        </small>
      </td>
    </tr>
  );
}

/** The figure that runs are compared by. */
function validText({ valid }: RunSummary): string {
  const names = Object.keys(valid);
  const name = names.find((one) => one.startsWith("bitsPerDim")) ?? names[0];
  return name === undefined ? "" : `, ${inWords(name)} ${shortNumber(valid[name]!)}`;
}

const MARKS: Readonly<Record<RunState, string>> = {
  training: "▶",
  finished: "✓",
  interrupted: "❙❙",
  failed: "✕",
};

export function StateMark({ state }: { readonly state: RunState }) {
  return (
    <span class={`state ${state}`}>
      <span aria-hidden="true">{MARKS[state]}</span> {state}
    </span>
  );
}

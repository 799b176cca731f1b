import { batch, signal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { NewRun, TrainField } from "../../runs-api.ts";
import { askJson, tell } from "./requests.ts";
import { change, list } from "./state.ts";

/** Options that most people set; the others are behind a button. */
const FIRST = ["dataset", "model", "steps", "batch", "lr"];

const fields = signal<readonly TrainField[]>([]);
const values = signal<Readonly<Record<string, string | true>>>({});
const name = signal("");
const problem = signal("");
let dialog: HTMLDialogElement | null = null;

/** Opens the form, with what was given before. */
export function openNewRun(): void {
  problem.value = "";
  dialog?.showModal();
  if (fields.value.length > 0) return;
  askJson<TrainField[]>("api/form").then(
    (found) => (fields.value = found),
    (error: Error) => (problem.value = error.message),
  );
}

/** The form that starts a training. */
export function NewRunDialog() {
  const heading = useId();
  const model = String(values.value["model"] ?? fields.value.find(({ key }) => key === "model")?.byDefault);
  const fitting = fields.value.filter(({ models }) => models === undefined || Object.hasOwn(models, model));
  const first = FIRST.flatMap((key) => fitting.filter((field) => field.key === key));
  const rest = fitting.filter((field) => !first.includes(field));
  const sizes = rest.filter(({ models }) => models !== undefined);
  const others = rest.filter(({ models }) => models === undefined);
  const field = (one: TrainField) => <Field key={one.key} field={one} model={model} />;
  return (
    <dialog ref={(element) => void (dialog = element)} aria-labelledby={heading}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void start(fitting);
        }}
      >
        <h2 id={heading}>New run</h2>
        <div class="fields">
          <label class="field">
            Name
            <input
              type="text"
              required
              value={name.value}
              onInput={({ currentTarget }) => (name.value = currentTarget.value)}
            />
            <small>of its folder in {list.value?.folder}</small>
          </label>
          {first.map(field)}
        </div>
        {sizes.length > 0 && (
          <details>
            <summary>Sizes and settings of {model}</summary>
            <div class="fields">{sizes.map(field)}</div>
          </details>
        )}
        <details>
          <summary>All other options</summary>
          <div class="fields">{others.map(field)}</div>
        </details>
        {problem.value && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="main">
            Start training
          </button>
          <button type="button" onClick={() => dialog?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

function set(key: string, value: string | true | undefined): void {
  const { [key]: _, ...rest } = values.value;
  values.value = value === undefined || value === "" ? rest : { ...rest, [key]: value };
}

function Field({ field, model }: { readonly field: TrainField; readonly model: string }) {
  const { key, label, kind } = field;
  const own = field.models?.[model];
  const about = own?.about ?? field.about;
  const byDefault = own?.byDefault ?? field.byDefault;
  const choices = own?.choices ?? field.choices;
  const value = values.value[key];
  const described = useId();
  if (kind === "switch") {
    return (
      <div class="field">
        <label class="check">
          <input
            type="checkbox"
            aria-describedby={about ? described : undefined}
            checked={value === true}
            onChange={({ currentTarget }) => set(key, currentTarget.checked || undefined)}
          />
          {label}
        </label>
        {about && <small id={described}>{about}</small>}
      </div>
    );
  }
  return (
    <div class="field">
      <label>
        {label}
        {choices ? (
          <select
            aria-describedby={about ? described : undefined}
            value={value === undefined ? "" : String(value)}
            onChange={({ currentTarget }) => set(key, currentTarget.value)}
          >
            <option value="">{byDefault === undefined ? "default" : `${byDefault} (default)`}</option>
            {choices
              .filter((choice) => choice !== byDefault)
              .map((choice) => (
                <option key={choice} value={choice}>
                  {choice}
                </option>
              ))}
          </select>
        ) : (
          <input
            type="text"
            aria-describedby={about ? described : undefined}
            required={key === "dataset"}
            placeholder={byDefault}
            value={value === undefined ? "" : String(value)}
            onInput={({ currentTarget }) => set(key, currentTarget.value)}
          />
        )}
      </label>
      {about && <small id={described}>{about}</small>}
    </div>
  );
}

/** Starts the training, of the fields that the chosen model has. */
async function start(fitting: readonly TrainField[]): Promise<void> {
  const given = Object.entries(values.value).filter(([key]) => fitting.some((field) => field.key === key));
  const wanted: NewRun = { name: name.value, values: Object.fromEntries(given) };
  try {
    await tell("api/runs", wanted);
    dialog?.close();
    batch(() => {
      name.value = "";
      problem.value = "";
      change({ run: wanted.name, beside: "" }, { isNewPage: true });
    });
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

import { computed, effect, signal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { placeRow } from "../../runtime/step/sampler.ts";
import { ask } from "./studio-asking.ts";
import { PageLink } from "./page-link.tsx";
import { paintPicture } from "./picture.ts";
import { savePng } from "./save.ts";
import { SamplingControls } from "./sampling-controls.tsx";
import { address, opened, reporting, wantedClasses } from "./studio.ts";

const COUNT = 64;
const COLUMNS = 8;

interface Drawn {
  /** Levels [pictures, channels, rows, cols]. */
  readonly pictures: Uint8Array;
  /** Rows of each picture that are finished. */
  readonly rows: Uint16Array;
}

/** A new object after each row. */
const drawn = signal<Drawn | undefined>(undefined);
/** Of each picture that is finished. */
const nats = signal<ReadonlyMap<number, number>>(new Map());

/** Draws other pictures whenever what is asked for changes; returns what stops it. */
function startDrawing(): () => void {
  const subject = computed(() => {
    if (!opened.value) return undefined;
    const { seed, temperature } = address.value;
    const question = { seed, temperature, count: COUNT, classes: wantedClasses.value };
    return JSON.stringify({ run: opened.value.folder, question });
  });
  let stop: AbortController | undefined;
  const end = effect(() => {
    const text = subject.value;
    stop?.abort();
    drawn.value = undefined;
    nats.value = new Map();
    if (text === undefined) return;
    stop = new AbortController();
    const { size } = opened.peek()!;
    const pictures = new Uint8Array(COUNT * size.channels * size.rows * size.cols);
    const rows = new Uint16Array(COUNT);
    const asking = ask(
      "draw",
      JSON.parse(text).question,
      (event) => {
        if (event.kind === "row") {
          placeRow(pictures, size, event);
          rows.fill(event.row + 1, event.first, event.first + event.count);
          drawn.value = { pictures, rows };
        } else if (event.nats) {
          nats.value = new Map([
            ...nats.peek(),
            ...[...event.nats].map((n, k) => [event.first + k, n] as const),
          ]);
        }
      },
      stop.signal,
    );
    reporting(asking);
  });
  return () => {
    stop?.abort();
    end();
  };
}

export function Grid() {
  useEffect(startDrawing, []);
  const { rows } = opened.value!.size;
  const done = (drawn.value?.rows.reduce((sum, one) => sum + one, 0) ?? 0) / (COUNT * rows);
  return (
    <div class="two-columns">
      <section aria-labelledby="grid-heading">
        <h2 id="grid-heading">{COUNT} pictures</h2>
        <ul class="pictures">
          {Array.from({ length: COUNT }, (_, picture) => (
            <li key={picture}>
              <Picture picture={picture} />
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="grid-settings">
        <h2 id="grid-settings">Settings</h2>
        <div class="fields">
          <SamplingControls />
        </div>
        <p>
          <label class="field">
            Drawn
            <progress max="1" value={done} />
          </label>
        </p>
        <p>
          <button type="button" disabled={done < 1} onClick={() => reporting(save())}>
            Save as PNG
          </button>
        </p>
        <p>Choose a picture to watch it being drawn.</p>
      </section>
    </div>
  );
}

function Picture({ picture }: { readonly picture: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useSignalEffect(() => {
    if (!opened.value || !canvas.current) return;
    const { size, levels } = opened.value;
    const length = size.channels * size.rows * size.cols;
    const own = drawn.value?.pictures.subarray(picture * length, (picture + 1) * length);
    const drawnRows = drawn.value?.rows[picture] ?? 0;
    paintPicture(canvas.current, own ?? new Uint8Array(length), size, { levels, drawnRows });
  });
  const own = nats.value.get(picture);
  const label = `Picture ${picture}${own === undefined ? "" : `, ${own.toFixed(1)} nats`}`;
  return (
    <PageLink to={{ view: "watch", picture, pixel: undefined }} label={label}>
      <canvas ref={canvas} />
    </PageLink>
  );
}

async function save(): Promise<void> {
  const { folder, size, levels } = opened.value!;
  const { pictures } = drawn.value!;
  const name = `${folder}-seed-${address.value.seed}.png`;
  await savePng(name, { pictures, count: COUNT, size, levels }, COLUMNS);
}

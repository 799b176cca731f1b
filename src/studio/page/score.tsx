import { batch, computed, effect, signal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { bitsPerDim } from "../../basics/units.ts";
import { ask } from "./studio-asking.ts";
import { FileChoice } from "./file-choice.tsx";
import type { PictureScore } from "./messages.ts";
import { pictureOf } from "./picture-file.ts";
import { paintPicture, percent } from "./picture.ts";
import { ClassChoice } from "./sampling-controls.tsx";
import { opened, problem, reporting, wantedClasses } from "./studio.ts";

/** A picture that was given to be scored. */
interface Scored {
  readonly file: File;
  readonly picture: Uint8Array;
  readonly score: PictureScore;
}

const files = signal<readonly File[]>([]);
const scored = signal<readonly Scored[]>([]);
const order = signal<"oddness" | "name">("oddness");

const totalOf = ({ score }: Scored): number => score.nats.reduce((sum, one) => sum + one, 0);

/** The oddest first: those that cost most nats. */
const inOrder = computed(() =>
  [...scored.value].sort((a, b) =>
    order.value === "oddness" ? totalOf(b) - totalOf(a) : a.file.name.localeCompare(b.file.name),
  ),
);
/** The most nats of any pixel of all pictures: maps are alike, so that they can be compared. */
const largest = computed(() =>
  Math.max(...scored.value.map((one) => pixelNats(one.score).reduce(max, 0)), 1e-9),
);

const max = (a: number, b: number) => Math.max(a, b);

/** The nats of each pixel, of all of its channels together. */
function pixelNats({ nats }: PictureScore): Float32Array {
  const { channels, rows, cols } = opened.value!.size;
  const pixels = rows * cols;
  return Float32Array.from({ length: pixels }, (_, pixel) => {
    let total = 0;
    for (let channel = 0; channel < channels; channel++) total += nats[channel * pixels + pixel]!;
    return total;
  });
}

/** Files that are no pictures. */
const refused = signal(0);

/** Scores that are known, so that only what is new is computed: the last of each file, and what it is for. */
const known = new WeakMap<File, { readonly subject: string; readonly scored: Scored }>();

/** Scores all files, again if the run or the class changes; returns what stops it. */
function startScoring(): () => void {
  let stop: AbortController | undefined;
  const end = effect(() => {
    const [run, all, chosen] = [opened.value, files.value, wantedClasses.value?.[0]];
    stop?.abort();
    batch(() => {
      scored.value = [];
      refused.value = 0;
      problem.value = "";
    });
    if (!run) return;
    stop = new AbortController();
    reporting(scoreAll(all, run, chosen, stop.signal));
  });
  return () => {
    stop?.abort();
    end();
  };
}

async function scoreAll(
  all: readonly File[],
  { folder, size, levels }: NonNullable<typeof opened.value>,
  chosen: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const subject = JSON.stringify([folder, chosen]);
  for (const file of all) {
    const found = known.get(file);
    if (found?.subject === subject) {
      scored.value = [...scored.peek(), found.scored];
      continue;
    }
    const picture = await pictureOf(file, size, levels).catch(() => undefined);
    if (signal.aborted) return;
    if (!picture) {
      refused.value = refused.peek() + 1;
      problem.value = `expected a picture that the browser can read, received ${file.name}`;
      continue;
    }
    const keep = (score: PictureScore) => {
      const one = { file, picture, score };
      known.set(file, { subject, scored: one });
      scored.value = [...scored.peek(), one];
    };
    await ask("score", { picture, class: chosen }, keep, signal);
    if (signal.aborted) return;
  }
}

export function Score() {
  useEffect(startScoring, []);
  const waiting = files.value.length - scored.value.length - refused.value;
  return (
    <section class="score" aria-labelledby="score-heading">
      <h2 id="score-heading">How likely are your pictures?</h2>
      <p>
        They stay in this browser. A picture of another size is scaled to cover {opened.value!.size.cols}x
        {opened.value!.size.rows}. Beside each picture is a map of its nats: the brighter, the less likely.
      </p>
      <FileChoice
        label="Choose pictures, or drop them here"
        multiple
        onFiles={(added) => (files.value = [...files.value, ...added])}
      />
      <div class="fields">
        <ClassChoice none="any" />
        <label class="field">
          Order
          <select
            value={order.value}
            onChange={({ currentTarget }) =>
              (order.value = currentTarget.value === "name" ? "name" : "oddness")
            }
          >
            <option value="oddness">the oddest first</option>
            <option value="name">by name</option>
          </select>
        </label>
      </div>
      <p aria-live="polite">
        {files.value.length > 0 &&
          `${scored.value.length} scored${waiting > 0 ? `, ${waiting} to come` : ""}.`}
      </p>
      {files.value.length > 0 && (
        <p>
          <button type="button" onClick={() => (files.value = [])}>
            Remove all
          </button>
        </p>
      )}
      <ul class="scores">
        {inOrder.value.map((one) => (
          <li key={files.value.indexOf(one.file)}>
            <ScoredPicture {...one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ScoredPicture(scored: Scored) {
  const { file, picture, score } = scored;
  const [plain, map] = [useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null)];
  useSignalEffect(() => {
    if (!opened.value || !plain.current || !map.current) return;
    const { size, levels } = opened.value;
    paintPicture(plain.current, picture, size, { levels });
    // As a grey picture: the brighter, the more nats.
    const shades = pixelNats(score).map((nats) => Math.round((255 * nats) / largest.value));
    paintPicture(map.current, Uint8Array.from(shades), { ...size, channels: 1 }, { levels: 256 });
  });
  const total = totalOf(scored);
  return (
    <figure>
      <canvas ref={plain} role="img" aria-label={file.name} />
      <canvas
        ref={map}
        role="img"
        aria-label={`Map of the nats of ${file.name}: bright where it is unlikely`}
      />
      <figcaption>
        <strong>{file.name}</strong>
        <br />
        {total.toFixed(2)} nats, {bitsPerDim(total, picture.length).toFixed(3)} bits/dim
        {score.posterior && likeliestClass(score.posterior)}
      </figcaption>
    </figure>
  );
}

function likeliestClass(posterior: Float64Array): string {
  const likeliest = posterior.indexOf(posterior.reduce(max));
  return `; likeliest class ${opened.value!.classes[likeliest]!.name} (${percent(posterior[likeliest]!)})`;
}

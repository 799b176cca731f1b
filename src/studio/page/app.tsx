import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { OF_ONE_RUN, type View } from "./address.ts";
import { Complete } from "./complete.tsx";
import { Families } from "./families.tsx";
import { Grid } from "./grid.tsx";
import { Inside } from "./inside.tsx";
import { LocalRuns } from "./local-runs.tsx";
import { isLocal } from "./local.ts";
import { PageLink } from "./page-link.tsx";
import { Score } from "./score.tsx";
import { address, change, isListed, offered, opened, problem, shownView, watchable } from "./studio.ts";
import { Train } from "./train.tsx";
import { Watch } from "./watch.tsx";

interface ViewPage {
  readonly title: string;
  readonly Page: ComponentType;
  /** Whether it is not about the run that is open. */
  readonly standsAlone?: true;
}

const PAGES: Readonly<Record<View, ViewPage>> = {
  runs: { title: "Runs", Page: LocalRuns, standsAlone: true },
  watch: { title: "Watch", Page: Watch },
  grid: { title: "Grid", Page: Grid },
  complete: { title: "Complete", Page: Complete },
  score: { title: "Score", Page: Score },
  inside: { title: "Inside", Page: Inside },
  train: { title: "Train", Page: Train, standsAlone: true },
  families: { title: "Families", Page: Families, standsAlone: true },
};

export function App() {
  const { value: view } = shownView;
  const { title, Page, standsAlone } = PAGES[view];
  useEffect(() => {
    document.title = `${title} - nextpixel studio`;
  }, [title]);
  return (
    <>
      <header>
        <h1>nextpixel studio</h1>
        {!standsAlone && <RunChoice />}
        <nav aria-label="Views">
          {offered.value.map((one) => (
            <PageLink
              key={one}
              to={{ view: one, pixel: undefined, layer: "", moment: undefined }}
              isCurrent={one === view}
            >
              {PAGES[one].title}
            </PageLink>
          ))}
        </nav>
      </header>
      <main>
        {problem.value && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        {(standsAlone ? isListed.value : opened.value) ? <Page /> : problem.value ? null : <NotYet />}
      </main>
    </>
  );
}

function NotYet() {
  return isLocal.value && watchable.value.length === 0 ? (
    <p>There is no run yet that draws pixel by pixel: train one, and open this page again.</p>
  ) : (
    <p>Opening the run …</p>
  );
}

function RunChoice() {
  const all = watchable.value;
  const folder = opened.value?.folder ?? address.value.run;
  const run = all.find((one) => one.folder === folder);
  if (!run) return null;
  const size = run.bytes === undefined ? "" : `, ${(run.bytes / 1e6).toFixed(2)} MB`;
  const about = `${run.model}, ${run.step} steps${size}`;
  if (all.length === 1) {
    return (
      <p>
        {run.folder} <small>{about}</small>
      </p>
    );
  }
  return (
    <label>
      Run{" "}
      <select
        value={folder}
        onChange={({ currentTarget }) =>
          change({ run: currentTarget.value, ...OF_ONE_RUN }, { isNewPage: true })
        }
      >
        {all.map((one) => (
          <option key={one.folder} value={one.folder}>
            {one.folder}
          </option>
        ))}
      </select>{" "}
      <small>{about}</small>
    </label>
  );
}

import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { VIEWS, type View } from "./address.ts";
import { Complete } from "./complete.tsx";
import { Grid } from "./grid.tsx";
import { Inside } from "./inside.tsx";
import { PageLink } from "./page-link.tsx";
import { Score } from "./score.tsx";
import { address, change, opened, problem, runs } from "./studio.ts";
import { Watch } from "./watch.tsx";

const PAGES: Readonly<Record<View, { readonly title: string; readonly Page: ComponentType }>> = {
  watch: { title: "Watch", Page: Watch },
  grid: { title: "Grid", Page: Grid },
  complete: { title: "Complete", Page: Complete },
  score: { title: "Score", Page: Score },
  inside: { title: "Inside", Page: Inside },
};

export function App() {
  const { view } = address.value;
  const { title, Page } = PAGES[view];
  useEffect(() => {
    document.title = `${title} - nextpixel studio`;
  }, [title]);
  return (
    <>
      <header>
        <h1>nextpixel studio</h1>
        <RunChoice />
        <nav aria-label="Views">
          {VIEWS.map((one) => (
            <PageLink key={one} to={{ view: one, pixel: undefined }} isCurrent={one === view}>
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
        {opened.value ? <Page /> : problem.value ? null : <p>Opening the run …</p>}
      </main>
    </>
  );
}

function RunChoice() {
  const all = runs.value;
  const folder = opened.value?.folder ?? address.value.run;
  const run = all.find((one) => one.folder === folder);
  if (!run) return null;
  const about = `${run.model}, ${run.step} steps, ${(run.bytes / 1e6).toFixed(2)} MB`;
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
          change({ run: currentTarget.value, class: undefined, pixel: undefined }, { isNewPage: true })
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

import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Extra } from "../site.ts";
import { VIEWS, type View } from "./address.ts";
import { Complete } from "./complete.tsx";
import { Families } from "./families.tsx";
import { Grid } from "./grid.tsx";
import { Inside } from "./inside.tsx";
import { PageLink } from "./page-link.tsx";
import { Score } from "./score.tsx";
import { address, change, extras, opened, problem, watchable } from "./studio.ts";
import { Train } from "./train.tsx";
import { Watch } from "./watch.tsx";

interface ViewPage {
  readonly title: string;
  readonly Page: ComponentType;
  /** What the site must have for it; if there is nothing, a run that can be watched. */
  readonly extra?: Extra;
}

const PAGES: Readonly<Record<View, ViewPage>> = {
  watch: { title: "Watch", Page: Watch },
  grid: { title: "Grid", Page: Grid },
  complete: { title: "Complete", Page: Complete },
  score: { title: "Score", Page: Score },
  inside: { title: "Inside", Page: Inside },
  train: { title: "Train", Page: Train, extra: "train" },
  families: { title: "Families", Page: Families, extra: "families" },
};

const isOffered = ({ extra }: ViewPage) =>
  extra === undefined ? watchable.value.length > 0 : extras.has(extra);

export function App() {
  const offered = VIEWS.filter((one) => isOffered(PAGES[one]));
  const view = offered.find((one) => one === address.value.view) ?? offered[0] ?? "watch";
  const { title, Page, extra } = PAGES[view];
  useEffect(() => {
    document.title = `${title} - nextpixel studio`;
  }, [title]);
  return (
    <>
      <header>
        <h1>nextpixel studio</h1>
        {extra === undefined && <RunChoice />}
        <nav aria-label="Views">
          {offered.map((one) => (
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
        {extra !== undefined || opened.value ? <Page /> : problem.value ? null : <p>Opening the run …</p>}
      </main>
    </>
  );
}

function RunChoice() {
  const all = watchable.value;
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

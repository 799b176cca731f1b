import { render } from "preact";
import { useEffect } from "preact/hooks";
import { Curves } from "./curve-charts.tsx";
import { useToken } from "./requests.ts";
import { RunDetail } from "./run-detail.tsx";
import { RunTable } from "./run-table.tsx";
import type { MountedRuns, RunsContext } from "./settings.ts";
import { follow, list, problem, settings } from "./state.ts";

/**
 * Shows the view Runs in an element of the page. It is a bundle of its own, which published pages do not have, and
 * shares nothing with the page but this function.
 */
export function mountRuns(element: HTMLElement, context: RunsContext): MountedRuns {
  useToken(context.token);
  render(<Runs context={context} />, element);
  return {
    show: (next) => (settings.value = next),
    unmount: () => render(null, element),
  };
}

function Runs({ context }: { readonly context: RunsContext }) {
  useEffect(() => follow(context), []);
  return (
    <>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {list.value ? (
        <div class="runs">
          <RunTable />
          <Curves />
          <RunDetail />
        </div>
      ) : (
        !problem.value && <p>Reading the runs …</p>
      )}
    </>
  );
}

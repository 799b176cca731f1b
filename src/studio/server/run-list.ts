import { join } from "node:path";
import { mapConcurrently } from "../../basics/concurrent.ts";
import type { RunList, RunSummary } from "../runs-api.ts";
import { folderNames } from "./run-paths.ts";
import { openSummaries } from "./run-summary.ts";
import type { Trainings } from "./trainings.ts";

/** The list of all runs, as it is sent. */
export interface SentList {
  readonly runs: readonly RunSummary[];
  readonly json: string;
  /** Changes with the list. It is a weak one: the list is also sent compressed. */
  readonly tag: string;
}

/** Milliseconds for which a list is not made again, however many ask for it. */
const FRESH = 500;
/**
 * Runs that are read at once. A thread that reads is woken for each file if there is but one run: that takes five times
 * as much processor time.
 */
const AT_ONCE = 16;

/** Opens the list of the runs in a folder. Those that ask at the same time are answered by the same reading of it. */
export function openRunList(root: string, trainings: Pick<Trainings, "isStarted">): () => Promise<SentList> {
  const summarise = openSummaries();
  let list: SentList | undefined;
  let number = 0;
  let reading: Promise<SentList> | undefined;
  let madeAt = Number.NEGATIVE_INFINITY;

  async function read(): Promise<SentList> {
    const found = await mapConcurrently(await folderNames(root), AT_ONCE, (name) => {
      const path = join(root, name);
      return summarise(path, name, trainings.isStarted(path));
    });
    const runs = found.filter((one) => one !== undefined).sort((a, b) => b.changed - a.changed);
    const json = JSON.stringify({ folder: root, runs } satisfies RunList);
    madeAt = performance.now();
    return json === list?.json ? list : { runs, json, tag: `W/"${number++}"` };
  }

  return async () => {
    if (list !== undefined && performance.now() - madeAt < FRESH) return list;
    reading ??= read().finally(() => (reading = undefined));
    return (list = await reading);
  };
}

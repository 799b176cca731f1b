import { openAsking } from "./ask.ts";
import type { Conversations } from "./messages.ts";

/** The worker that draws, completes and scores with the run that is open. */
export const { ask, start: startWorker } = openAsking<Conversations>("./studio-worker.js");

import { setTimeout as wait } from "node:timers/promises";
import { unavailable, type BrokenOff } from "./receive.ts";
import type { FetchSettings } from "./settings.ts";

/** How often in a row a connection may bring nothing new before it is given up. */
const ATTEMPTS = 5;

/** Waits after so many failures in a row, twice as long each time. DOWNLOAD error when it is time to give up. */
export async function waitToRetry(
  url: string,
  { message: reason }: BrokenOff,
  failures: number,
  { onEvent, retryDelay }: Pick<FetchSettings, "onEvent" | "retryDelay">,
): Promise<void> {
  if (failures === ATTEMPTS) throw unavailable(url, reason);
  onEvent({ kind: "retry", url, reason });
  await wait(retryDelay * 2 ** (failures - 1));
}

import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "./statistics.ts";

/** Until the threads of our own that wait for work have gone to sleep, and how long the machine is watched then. */
const SETTLE_MILLISECONDS = 300;
const WATCH_MILLISECONDS = 200;
const MOST = 0.1;

export interface Watch {
  /** Looks how busy the machine is while we do nothing. */
  look(): Promise<void>;
  /** Median share of the processors' time that others took; NaN if nobody looked. */
  share(): number;
  /** Says on stderr that the figures are not worth quoting, if others took much. */
  warn(): void;
}

/**
 * Watches whether the machine is ours. Interleaving does not make up for others: threads that wait for one another by
 * spinning, as PyTorch's do, lose several times more where there are more threads than processors, so that ratios come
 * out too high.
 */
export function watchOthers(): Watch {
  const shares: number[] = [];
  const share = () => median(shares);
  return {
    async look() {
      await sleep(SETTLE_MILLISECONDS);
      const before = processorTime();
      await sleep(WATCH_MILLISECONDS);
      const after = processorTime();
      shares.push((after.busy - before.busy) / (after.all - before.all));
    },
    share,
    warn() {
      if (!(share() > MOST)) return;
      console.error(
        `  warning: others took ${(100 * share()).toFixed(0)} % of the processors: do not quote these figures`,
      );
    },
  };
}

/** Milliseconds of all processors since the start. */
function processorTime(): { busy: number; all: number } {
  const times = cpus().map(({ times }) => times);
  const all = times.flatMap((each) => Object.values(each)).reduce((sum, value) => sum + value, 0);
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) };
}

import { systemCode } from "./system-error.ts";

/** Whether a process of this machine, such as one that has left files, still runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // Any other error means that it runs, for another user.
    return systemCode(cause) !== "ESRCH";
  }
}

import { readFile } from "node:fs/promises";

/** Of a second; the same on all Linux systems that Node runs on. */
const TICKS = 100;

/**
 * Seconds of processor time that a process has used so far, or that its children had used that have ended; NaN where
 * the system has no /proc.
 */
export async function processorTime(pid: number, whose: "own" | "of children" = "own"): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The name of the program, in parentheses, may have spaces. What comes after it begins with field 3.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields?.[number - 3]);
  const [user, system] = whose === "own" ? [14, 15] : [16, 17];
  return (field(user) + field(system)) / TICKS;
}

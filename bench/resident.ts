import { readFileSync } from "node:fs";

/** Peak and present resident set of this process in MiB (Linux). */
export function residentMb(): { peakRssMb: number; rssMb: number } {
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) / 1024;
  return { peakRssMb: field("VmHWM"), rssMb: field("VmRSS") };
}

import { createInterface } from "node:readline";
import { residentMb } from "./resident.ts";

const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/**
 * The child's side of the line protocol in contestants.ts, until it is told to quit. `run` does so many steps and
 * returns some number that is made of the results.
 */
export async function serve(
  info: { readonly parameters: number; readonly threads: number; readonly baselineRssMb: number },
  run: (steps: number) => Promise<number>,
): Promise<void> {
  const { baselineRssMb, ...announced } = info;
  say({ ready: true, name: "nextpixel", ...announced });
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(" ");
    if (command === "quit") return;
    if (command !== "run") {
      say({ ...residentMb(), baselineRssMb });
      continue;
    }
    const steps = Number(argument);
    const [start, before] = [performance.now(), process.cpuUsage()];
    const loss = await run(steps);
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - start) / 1000;
    say({ seconds, processorSeconds: (user + system) / 1e6, steps, loss });
  }
}

import { initialParameters } from "../src/programs/parameters.ts";
import { stepProgram } from "../src/programs/step-program.ts";
import type { Kernels } from "../src/runtime/step/kernels.ts";
import { openStepMachine } from "../src/runtime/step/machine.ts";
import { median } from "./statistics.ts";
import { build, GATED } from "./networks.ts";

/** Prints which share of the time of a batch each kernel takes, and how fast the convolutions are. */
export async function benchBreakdown(pictures: number, { rounds }: { rounds: number }) {
  const network = build(GATED, 1);
  const weights = initialParameters(network.declarations, 1);
  const machine = await openStepMachine(stepProgram(network, weights, { known: false }), pictures);
  const draw = () => {
    machine.begin({ rows: GATED.size });
    for (let row = 0; row < GATED.size; row++) {
      machine.run(0, row, 0);
      for (let col = 0; col < GATED.size; col++) for (const time of [1, 2]) machine.run(time, row, col);
    }
  };
  const timed = (work: () => void) => {
    const started = performance.now();
    work();
    return performance.now() - started;
  };
  draw();
  const whole = median(Array.from({ length: rounds }, () => timed(draw)));

  const spent = new Map<string, number>();
  let operations = 0;
  for (const name of Object.keys(machine.kernels) as (keyof Kernels)[]) {
    const kernel = machine.kernels[name] as unknown;
    if (typeof kernel !== "function") continue;
    const measured = (...numbers: number[]) => {
      const milliseconds = timed(() => kernel(...numbers) as void);
      // Of a convolution: its depth, rows and outputs.
      if (name === "convolution") operations += 2 * numbers[2]! * numbers[9]! * numbers[10]!;
      spent.set(name, (spent.get(name) ?? 0) + milliseconds);
    };
    machine.kernels[name] = measured;
  }
  draw();
  spent.clear();
  operations = 0;
  draw();
  const share = (milliseconds: number) => `${((100 * milliseconds) / whole).toFixed(0)} %`;
  console.log(
    `\nwhere the time of ${pictures} picture(s) goes, one thread, ${whole.toFixed(1)} ms without draws:`,
  );
  for (const [name, milliseconds] of [...spent].sort((a, b) => b[1] - a[1])) {
    const rate =
      name === "convolution"
        ? `   ${(operations / milliseconds / 1e6).toFixed(1)} GFLOP/s of ${(operations / 1e9 / pictures).toFixed(3)} GFLOP a picture`
        : "";
    console.log(`  ${name.padEnd(16)} ${share(milliseconds).padStart(5)}${rate}`);
  }
}

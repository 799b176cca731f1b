import { writeFile } from "node:fs/promises";
import { initialParameters } from "../src/programs/parameters.ts";
import { samplerProgram } from "../src/programs/step-program.ts";
import { openDrawer } from "../src/runtime/step/draw.ts";
import { lineChart } from "./chart.ts";
import { median } from "./statistics.ts";
import { build, GATED } from "./networks.ts";

const COLS = 32;
const ROWS = [32, 128, 512, 2048] as const;
/** Every height draws as many pixels in a round: of low pictures, more. */
const PIXELS = COLS * ROWS.at(-1)!;

/** Cost per pixel and memory for pictures of one width and growing height; writes a chart of it. */
export async function benchTall({ rounds, chart }: { rounds: number; chart: string }) {
  console.log(`\none picture of ${COLS} columns, one thread:`);
  const drawers = [];
  for (const rows of ROWS) {
    // Traced for the height, as a user's network would be; nothing of the program depends on it.
    const network = build(GATED, 1, { rows, cols: COLS });
    const weights = initialParameters(network.declarations, 1);
    drawers.push({ rows, drawer: await openDrawer(samplerProgram(network, weights), 1) });
  }
  const microseconds = ROWS.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { rows, drawer }] of drawers.entries()) {
      const started = performance.now();
      for (let drawn = 0; drawn < PIXELS; drawn += rows * COLS) {
        const picture = drawer.rows({ seed: round, temperature: 1, first: 0, rows });
        while (!picture.next().done);
      }
      // The first round warms up.
      if (round > 0) microseconds[i]!.push((1000 * (performance.now() - started)) / PIXELS);
    }
  }
  const cost = microseconds.map(median);
  for (const [i, { rows, drawer }] of drawers.entries()) {
    console.log(
      `  ${String(rows).padStart(5)} rows   ${cost[i]!.toFixed(2)} us per pixel   ` +
        `${(cost[i]! / cost[0]!).toFixed(2)}x   memory of the sampler ${(drawer.bytes / 2 ** 20).toFixed(2)} MiB`,
    );
  }
  const svg = lineChart({
    title: `Gated stack of 5 blocks x 64, pictures of ${COLS} columns: cost of one pixel`,
    x: { label: "rows of the picture", scale: "powers of two" },
    y: { label: "microseconds per pixel", fromZero: true },
    lines: [{ name: "nextpixel", points: ROWS.map((rows, i) => [rows, cost[i]!] as const) }],
  });
  await writeFile(chart, svg);
  console.log(`  ${chart}`);
}

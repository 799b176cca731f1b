import { fileURLToPath } from "node:url";
import { openSession } from "../src/runtime/ort.ts";
import { parameterCount } from "../src/programs/parameters.ts";
import { singles } from "../src/programs/shares.ts";
import { initialState } from "../src/programs/training-state.ts";
import { openTrainingStep } from "../src/programs/training-step.ts";
import { gradientOf, gradientSums } from "../src/programs/update-program.ts";
import { markdownTable } from "./chart.ts";
import { bytesPerStep, crossover, exchangeSeconds, type ExchangeCosts } from "./cluster-plan.ts";
import type { Clock } from "./contestants.ts";
import { levelsOf } from "./levels.ts";
import { startRanks } from "./mpirun.ts";
import { trainable, type BenchNetwork } from "./networks.ts";
import { processorClock } from "./racer.ts";
import { median } from "./statistics.ts";

export interface ClusterOptions {
  /** Pictures of a step on one node. */
  readonly batch: number;
  readonly threads: number;
  readonly steps: number;
  readonly clock: Clock;
  /** Seconds that a message of the network takes. */
  readonly latency: number;
}

const NODES = [2, 4, 16, 64, 256] as const;
const GIGABITS = [1, 10, 100] as const;
const WARM_UP = 2;

/** What a step costs on several nodes, computed from what is measured here. */
export async function benchCluster(
  networks: readonly BenchNetwork[],
  { batch, threads, steps, clock, latency }: ClusterOptions,
): Promise<void> {
  const costs = await measuredCosts();
  const micro = (seconds: number) => (1e6 * seconds).toFixed(0);
  console.log(
    `an exchange of two ranks on this machine, by TCP: ${micro(costs.latency)} us, and ` +
      `${(1e9 * costs.perByte).toFixed(2)} ns a byte; a sum: ${(1e9 * costs.perAdded).toFixed(2)} ns a number; ` +
      `assumed of the network: ${micro(latency)} us a message\n`,
  );
  const measured = [];
  for (const network of networks)
    measured.push({ network, ...(await measuredStep(network, { batch, threads, steps, clock })) });

  const milliseconds = (seconds: number) => (1000 * seconds).toFixed(seconds < 0.01 ? 1 : 0);
  console.log(
    markdownTable(
      [
        "model",
        "parameters",
        "KB sent to each node",
        `ms of computing, ${batch} pictures on ${threads} threads`,
      ],
      measured.map(({ network, parts, seconds }) => [
        `\`${network.name}\``,
        parts.map((count) => count.toLocaleString("en-US")).join(" + "),
        (bytesPerStep(parts) / 1000).toFixed(0),
        milliseconds(seconds),
      ]),
    ),
  );
  for (const gigabits of GIGABITS) {
    const link = { bitsPerSecond: 1e9 * gigabits, latency };
    console.log(`\nms of exchanges at a step, ${gigabits} Gbit/s:\n`);
    console.log(
      markdownTable(
        ["model", ...NODES.map((nodes) => `${nodes} nodes`), "longer than computing from"],
        measured.map(({ network, parts, seconds }) => [
          `\`${network.name}\``,
          ...NODES.map((nodes) => milliseconds(exchangeSeconds(nodes, parts, link, costs))),
          `${crossover(seconds, parts, link, costs)?.toLocaleString("en-US") ?? "more than 65,536"} nodes`,
        ]),
      ),
    );
  }
}

/** Seconds that this machine takes for a step of one node, and the parameters of the parts. */
async function measuredStep(
  network: BenchNetwork,
  { batch, threads, steps, clock }: Omit<ClusterOptions, "latency">,
): Promise<{ readonly parts: readonly number[]; readonly seconds: number }> {
  const trace = (pictures: number) => trainable(network, pictures);
  const { parts, picture } = trace(batch);
  const step = await openTrainingStep(trace, batch, { threads, shares: threads });
  const pictures = levelsOf(picture.shape, network.levels);
  const now = clock === "wall" ? () => performance.now() / 1000 : processorClock(threads);
  const seconds: number[] = [];
  let state = initialState(parts, 1);
  for (let i = 0; i < WARM_UP + steps; i++) {
    const begun = now();
    ({ state } = await step.run(state, pictures));
    if (i >= WARM_UP) seconds.push(now() - begun);
  }
  await step.close();
  return { parts: parts.map(({ declarations }) => parameterCount(declarations)), seconds: median(seconds) };
}

/** What exchanges take, of two ranks on this machine that know each other by TCP alone. */
export async function measuredCosts(): Promise<ExchangeCosts> {
  const script = fileURLToPath(new URL("exchange-rank.ts", import.meta.url));
  const options = ["--mca", "btl", "tcp,self"];
  const { stdout, stderr, code } = await startRanks(2, ["--import", "tsx", script], { options }).ended;
  if (code !== 0) throw new Error(`two ranks of MPI failed: ${stderr}`);
  const exchange = JSON.parse(stdout) as Omit<ExchangeCosts, "perAdded">;
  return { ...exchange, perAdded: await secondsPerAdded() };
}

const TERMS = { start: 0, end: 16 };
const SUMMED = 2 ** 18;
const SUMS = 20;

/** Seconds to add a number of a gradient to the sum. */
async function secondsPerAdded(): Promise<number> {
  const session = await openSession(gradientSums(SUMMED, [TERMS]));
  const feeds = Object.fromEntries(
    singles(TERMS).map((share) => [gradientOf(share), new Float32Array(SUMMED).fill(share.start)]),
  );
  const seconds: number[] = [];
  for (let i = 0; i < WARM_UP + SUMS; i++) {
    const begun = performance.now();
    await session.run(feeds);
    if (i >= WARM_UP) seconds.push((performance.now() - begun) / 1000);
  }
  await session.close();
  return Math.min(...seconds) / (TERMS.end * SUMMED);
}

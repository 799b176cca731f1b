// One of the ranks that `bench -- cluster` starts: the first prints what an exchange takes, as JSON.
import { joinCluster } from "../src/cluster/cluster.ts";

const LARGE = 8 * 2 ** 20;
const [ROUNDS, WARM_UP] = [20, 5];

const cluster = await joinCluster();
if (cluster === undefined) throw new Error("expected to be started by mpirun");

async function secondsOf(bytes: number): Promise<number> {
  const own = new Uint8Array(bytes);
  const seconds: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const begun = performance.now();
    await cluster!.allGather(own);
    if (round >= WARM_UP) seconds.push((performance.now() - begun) / 1000);
  }
  // Whatever else the machine does only makes it longer.
  return Math.min(...seconds);
}

const latency = await secondsOf(8);
const large = await secondsOf(LARGE);
if (cluster.rank === 0)
  console.log(JSON.stringify({ latency, perByte: (large - latency) / ((cluster.size - 1) * LARGE) }));
await cluster.leave();

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { unlessMissing } from "../src/files/system-error.ts";
import { processorTime } from "./processor-time.ts";
import { quantile } from "./statistics.ts";

const PER_SECOND = 1000;
const CONNECTIONS = 20;

export interface Asked {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** The process number of the server. */
  readonly server: number;
}

interface Answered {
  readonly client: string;
  /** Milliseconds that each answer took. */
  readonly times: number[];
  /** Seconds of processor time of the client. */
  readonly clientTime: number;
}

/** Asks for the same a thousand times a second, evenly over time, and prints what came of it. */
export async function manyRequests(asked: Asked): Promise<void> {
  const wanted = asked.seconds * PER_SECOND;
  const serverBefore = await processorTime(asked.server);
  const begun = performance.now();
  const { client, times, clientTime } = (await byH2load(asked, wanted)) ?? (await byNode(asked, wanted));
  const took = (performance.now() - begun) / 1000;
  const serverTime = (await processorTime(asked.server)) - serverBefore;
  times.sort((a, b) => a - b);
  const share = (time: number) => `${((100 * time) / took).toFixed(0)} %`;
  console.log(
    `requests of ${client}: ${(times.length / took).toFixed(0)} a second for ${took.toFixed(1)} s, ` +
      `${wanted - times.length} lost; median ${quantile(times, 0.5).toFixed(1)} ms, ` +
      `99 % ${quantile(times, 0.99).toFixed(1)} ms, longest ${times.at(-1)!.toFixed(1)} ms; ` +
      `of one core, the server takes ${share(serverTime)}, the client ${share(clientTime)}`,
  );
}

/** By the client of Debian's package nghttp2-client, which takes little processor time; undefined if there is none. */
async function byH2load({ url, headers }: Asked, wanted: number): Promise<Answered | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-bench-"));
  try {
    const log = join(folder, "log");
    const before = await processorTime(process.pid, "of children");
    const pace = ["-n", wanted, "-c", CONNECTIONS, "--rps", PER_SECOND / CONNECTIONS].map(String);
    const sent = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
    const words = ["--h1", ...pace, ...sent, "--log-file", log, url.href];
    if ((await unlessMissing(promisify(execFile)("h2load", words))) === undefined) return undefined;
    const clientTime = (await processorTime(process.pid, "of children")) - before;
    // Of each request: when it began, the status of its answer, and how many microseconds that took.
    const rows = (await readFile(log, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    const times = rows.filter(([, status]) => status === "200").map((row) => Number(row[2]) / 1000);
    return { client: "h2load", times, clientTime };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** By this process. */
async function byNode({ url, headers, seconds }: Asked, wanted: number): Promise<Answered> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const times: number[] = [];
  const ask = () =>
    new Promise<void>((resolve) => {
      const begun = performance.now();
      const sent = request(url, { headers, agent }, (response) => {
        response.resume().on("end", () => {
          if (response.statusCode === 200) times.push(performance.now() - begun);
          resolve();
        });
      });
      sent.on("error", () => resolve()).end();
    });
  const before = await processorTime(process.pid);
  const asked: Promise<void>[] = [];
  const begun = performance.now();
  while (asked.length < wanted) {
    const due = Math.min(seconds, (performance.now() - begun) / 1000) * PER_SECOND;
    while (asked.length < due) asked.push(ask());
    await sleep(2);
  }
  await Promise.all(asked);
  agent.destroy();
  return { client: "Node", times, clientTime: (await processorTime(process.pid)) - before };
}

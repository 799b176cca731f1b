import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RanksOptions } from "./mpirun.ts";

const run = promisify(execFile);

/** Two machines imitated by network namespaces: a link of limited rate between them. */
const NAMES = ["nextpixel-a", "nextpixel-b"] as const;
const SUBNET = "10.77.0";
const addressOf = (machine: number) => `${SUBNET}.${machine + 1}`;
const linkOf = (machine: number) => `npx${machine}`;

export interface Namespaces {
  /** How mpirun starts one rank on each of both. */
  readonly ranks: RanksOptions;
  /** Limits the rate of the link, in both directions. */
  limit(megabits: number): Promise<void>;
  close(): Promise<void>;
}

/** Only root can make them, on Linux. @throws an Error if a command fails */
export async function openNamespaces(): Promise<Namespaces> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-namespaces-"));
  const close = async () => {
    for (const name of NAMES) await run("ip", ["netns", "del", name]).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const name of NAMES) await run("ip", ["netns", "add", name]);
    const [first, second] = NAMES;
    const peer = ["peer", "name", linkOf(1), "netns", second];
    await run("ip", ["link", "add", linkOf(0), "netns", first, "type", "veth", ...peer]);
    for (const [machine, name] of NAMES.entries()) {
      const link = linkOf(machine);
      await run("ip", ["-n", name, "addr", "add", `${addressOf(machine)}/24`, "dev", link]);
      for (const one of ["lo", link]) await run("ip", ["-n", name, "link", "set", one, "up"]);
    }
    // In place of ssh: it is called with the address of a machine and a command.
    const agent = join(folder, "agent");
    const script = `#!/bin/sh
host=$1; shift
case $host in ${addressOf(0)}) name=${first};; *) name=${second};; esac
exec ip netns exec $name sh -c "$*"
`;
    await writeFile(agent, script, { mode: 0o755 });
    const parameters = {
      plm_rsh_agent: agent,
      btl: "tcp,self",
      btl_tcp_if_include: `${SUBNET}.0/24`,
      oob_tcp_if_include: `${SUBNET}.0/24`,
    };
    const hosts = NAMES.map((_, machine) => `${addressOf(machine)}:1`).join(",");
    return {
      ranks: {
        options: [...Object.entries(parameters).flatMap((one) => ["--mca", ...one]), "--host", hosts],
        within: ["ip", "netns", "exec", first],
      },
      async limit(megabits) {
        for (const [machine, name] of NAMES.entries()) {
          const limited = ["tbf", "rate", `${megabits}mbit`, "burst", "64kb", "latency", "200ms"];
          await run("tc", ["-n", name, "qdisc", "replace", "dev", linkOf(machine), "root", ...limited]);
        }
      },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

import { Option, type Command } from "commander";
import { DEFAULT_TIMEOUT, joinCluster, type Cluster } from "../cluster/cluster.ts";
import { cores } from "../runtime/workers/node.ts";
import * as read from "./arguments.ts";
import { beSilent } from "./output.ts";

/** How a command is one of several processes that MPI has started. */
export const withRankOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--mpi [library]",
        "train as one rank of MPI, by this library, where that is not found out (it is under mpirun)",
      ).preset(""),
    )
    .option(
      "--rank-timeout <seconds>",
      "of several ranks: how long one waits for the others before all end",
      read.whole("--rank-timeout", 1, 86_400),
      DEFAULT_TIMEOUT,
    );

/** The names of these options in the code. */
export const RANK_KEYS: readonly string[] = ["mpi", "rankTimeout"];

/** The cores of this machine that are for one of the ranks on it. */
export const coresOfRank = ({ onThisMachine = 1 }: Cluster): number =>
  Math.max(1, Math.floor(cores() / onThisMachine));

/**
 * Does the work of a command as one of the processes that mpirun has started with it, if it has. The first says what
 * there is to say. If one fails, all end.
 */
export async function asRank(
  command: Command,
  work: (cluster: Cluster | undefined) => Promise<void>,
): Promise<void> {
  const { mpi: library, rankTimeout: timeout } = command.opts<{ mpi?: string; rankTimeout: number }>();
  const cluster = await joinCluster({ library, timeout });
  if (cluster === undefined) return work(undefined);
  if (cluster.rank > 0) {
    beSilent();
    command.configureOutput({ outputError: () => undefined });
  }
  try {
    await work(cluster);
    await cluster.leave();
  } catch (error) {
    const areTold = await cluster.fail(error);
    if (areTold && cluster.rank === 0) throw error;
    if (areTold) process.exitCode = 1;
    else {
      // The first may be the one that does not answer: whoever notices says so.
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`error: ${cluster.nameOf(cluster.rank)}: ${message}\n`);
      cluster.abort();
    }
  }
}

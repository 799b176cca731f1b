import { hostname } from "node:os";
import type { Communicator } from "../programs/communicator.ts";
import { exchangeBy } from "./exchange.ts";
import { launchOf } from "./launch.ts";
import { loadMpi } from "./library.ts";

/** This process as one of several that MPI has started. */
export interface Cluster extends Communicator {
  /** The processes on this machine, if the launcher tells. */
  readonly onThisMachine: number | undefined;
  /** Ends the work together, when it has been done. @throws as `allGather` */
  leave(): Promise<void>;
  /**
   * Tells the others that this process has failed, unless they know, and ends the work together. Returns whether all
   * have been told. If not, because one of them does not answer, `abort` ends all.
   */
  fail(error: unknown): Promise<boolean>;
  /** Ends all processes at once. */
  abort(): never;
}

export interface ClusterOptions {
  /** Seconds that this process waits for the others, each time; 120 by default. */
  readonly timeout?: number | undefined;
  /** The MPI library, even where no launcher of MPI is recognised; "" for any that is found. */
  readonly library?: string | undefined;
}

export const DEFAULT_TIMEOUT = 120;

/**
 * Joins the processes that mpirun has started with this one; undefined if it was started alone. Once in a process.
 *
 * @throws CLUSTER if MPI cannot be loaded, or a process does not answer in time
 */
export async function joinCluster({ timeout = DEFAULT_TIMEOUT, library }: ClusterOptions = {}): Promise<
  Cluster | undefined
> {
  const launch = launchOf(process.env);
  if (launch === undefined && library === undefined) return undefined;
  const mpi = await loadMpi(library === "" ? undefined : library, launch?.kind);
  mpi.init();
  let hosts: readonly string[] = [];
  const nameOf = (rank: number) => `rank ${rank}${hosts[rank] === undefined ? "" : ` on ${hosts[rank]}`}`;
  const exchange = exchangeBy(mpi, timeout, nameOf);
  hosts = (await exchange.gather(Buffer.from(hostname()))).map((name) => new TextDecoder().decode(name));
  return {
    rank: mpi.rank(),
    size: mpi.size(),
    onThisMachine: launch?.onThisMachine,
    nameOf,
    allGather: exchange.gather,
    async leave() {
      // One of the others may fail in what it does last.
      await exchange.gather(new Uint8Array());
      mpi.finalize();
    },
    async fail(error) {
      const areTold = await exchange.fail(error);
      if (areTold) mpi.finalize();
      return areTold;
    },
    abort: () => mpi.abort(1),
  };
}

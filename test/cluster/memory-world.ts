import { exchangeBy } from "../../src/cluster/exchange.ts";
import type { Communicator } from "../../src/programs/communicator.ts";
import { memoryMpi } from "./memory-mpi.ts";

/** So many ranks in this process. They wait for one another for 20 seconds. */
export const memoryWorld = (size: number): Communicator[] =>
  memoryMpi(size).map((mpi, rank) => {
    const nameOf = (other: number) => `rank ${other}`;
    return { rank, size, nameOf, allGather: exchangeBy(mpi, 20, nameOf).gather };
  });

import type { Mpi } from "../../src/cluster/library.ts";

/** MPI for processes that are no processes: each of `size` callers in this one has its own. */
export function memoryMpi(size: number): Mpi[] {
  /** What each has given to the operations so far, by the number of the operation. */
  const operations: (Uint8Array | undefined)[][] = [];
  const refused = () => {
    throw new Error("not in memory");
  };
  return Array.from({ length: size }, (_, rank) => {
    let done = 0;
    const gathering = (own: Uint8Array, put: (from: number, bytes: Uint8Array) => void) => {
      const operation = (operations[done++] ??= []);
      operation[rank] = own.slice();
      return () => {
        if (operation.filter(Boolean).length < size) return false;
        operation.forEach((bytes, from) => put(from, bytes!));
        return true;
      };
    };
    return {
      version: "memory",
      init: () => undefined,
      rank: () => rank,
      size: () => size,
      allGather: (own, all) => gathering(own, (from, bytes) => all.set(bytes, from * bytes.length)),
      allGatherVarying: (own, all, counts, places) =>
        gathering(own, (from, bytes) => {
          if (bytes.length !== counts[from]) throw new Error("counts differ from what was given");
          all.set(bytes, places[from]);
        }),
      finalize: () => undefined,
      abort: refused as () => never,
    };
  });
}

import type { LibraryHandle } from "koffi";
import { NextpixelError } from "../basics/errors.ts";
import type { Launch } from "./launch.ts";

// The functions of MPI that are used, called by koffi in whatever library there is. Both are loaded on first use, and
// koffi is an optional dependency: without MPI nothing of this is needed.
//
// The interface of MPI is one of source code. Its handles are addresses of variables in Open MPI, and numbers in MPICH
// and libraries with the same binary interface, such as Intel MPI.

/** Tells whether an operation that was begun is complete, and goes on with it. */
type IsComplete = () => boolean;

export interface Mpi {
  /** "Open MPI v4.1.4" */
  readonly version: string;
  /** Once in a process. Ends the process if there is no launcher that can be reached. */
  init(): void;
  rank(): number;
  size(): number;
  /** Gathers the same number of bytes from each process, in the order of ranks. */
  allGather(own: Uint8Array, all: Uint8Array): IsComplete;
  /** Gathers `counts` bytes from each process, which are put at `places` of `all`. */
  allGatherVarying(own: Uint8Array, all: Uint8Array, counts: Int32Array, places: Int32Array): IsComplete;
  /** All processes call it before they end. */
  finalize(): void;
  /** Ends all processes. */
  abort(code: number): never;
}

/** The names of the library: sonames on Linux, and what links to it. */
const FILES: Readonly<Record<Launch["kind"], readonly string[]>> = {
  "Open MPI": ["libmpi.so.40", "libmpi.40.dylib"],
  MPICH: ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib"],
};
const ANY = ["libmpi.so", "libmpi.dylib"];

export const MPI_ADVICE =
  "for training on several machines run apt-get install -y --no-install-recommends openmpi-bin libopenmpi-dev";

/**
 * Loads MPI.
 *
 * @param file The library. By default that of the launcher, or the first that is found.
 * @throws CLUSTER if koffi or the library is not there, or the library is no MPI
 */
export async function loadMpi(file?: string, kind?: Launch["kind"]): Promise<Mpi> {
  const { default: koffi } = await import("koffi").catch((cause: unknown) => {
    throw new NextpixelError(
      "CLUSTER",
      "expected the package koffi, which calls MPI: run npm install koffi",
      {
        cause,
      },
    );
  });
  const names = [...(kind ? FILES[kind] : Object.values(FILES).flat()), ...ANY];
  const reasons: string[] = [];
  for (const name of file === undefined ? names : [file]) {
    try {
      // Open MPI's plug-ins need its symbols.
      return bind(koffi.load(name, { global: true }));
    } catch (cause) {
      reasons.push(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  const received = file === undefined ? `none of ${names.join(", ")}` : reasons[0];
  throw new NextpixelError("CLUSTER", `expected an MPI library, received ${received}; ${MPI_ADVICE}`);
}

/** Handles of a library: how koffi passes them, and the values of those that are needed. */
interface Handles {
  readonly type: "void *" | "int";
  readonly world: bigint | number;
  readonly byte: bigint | number;
}

function handlesOf(library: LibraryHandle): Handles {
  const addressOf = (name: string) => library.symbol(name) as bigint;
  try {
    return { type: "void *", world: addressOf("ompi_mpi_comm_world"), byte: addressOf("ompi_mpi_byte") };
  } catch {
    // MPICH ABI Compatibility Initiative, 2014.
    return { type: "int", world: 0x44000000, byte: 0x4c00010d };
  }
}

/** Bytes that a status may take: 24 in Open MPI, 20 in MPICH. */
const STATUS_BYTES = 64;
const VERSION_BYTES = 8192;
/** Only the thread that has initialised MPI calls it. */
const THREAD_FUNNELED = 1;

function bind(library: LibraryHandle): Mpi {
  const { type, world, byte } = handlesOf(library);
  const functionOf = (name: string, parameters: readonly string[]) => {
    const call = library.func(`MPI_${name}`, "int", [...parameters]) as unknown as (
      ...given: readonly unknown[]
    ) => number;
    return (...given: readonly unknown[]) => {
      const code = call(...given);
      if (code !== 0) throw new NextpixelError("CLUSTER", `MPI_${name} failed with code ${code}`);
    };
  };
  const getVersion = functionOf("Get_library_version", ["void *", "void *"]);
  const init = functionOf("Init_thread", ["void *", "void *", "int", "void *"]);
  const commRank = functionOf("Comm_rank", [type, "void *"]);
  const commSize = functionOf("Comm_size", [type, "void *"]);
  const buffer = ["void *", "int", type, "void *"];
  const allGather = functionOf("Iallgather", [...buffer, "int", type, type, "void *"]);
  const allGatherVarying = functionOf("Iallgatherv", [...buffer, "void *", "void *", type, type, "void *"]);
  const test = functionOf("Test", ["void *", "void *", "void *"]);
  const finalize = functionOf("Finalize", []);
  const abort = functionOf("Abort", [type, "int"]);

  const wholeNumber = (of: ReturnType<typeof functionOf>) => {
    const value = new Int32Array(1);
    of(world, value);
    return value[0]!;
  };
  /** Begins an operation. `buffers` are kept from the garbage collector until it is complete. */
  const begun = (
    begin: (request: BigUint64Array) => void,
    ...buffers: readonly ArrayBufferView[]
  ): IsComplete => {
    // Large enough for both kinds of handles.
    const request = new BigUint64Array(1);
    const flag = new Int32Array(1);
    const status = new Uint8Array(STATUS_BYTES);
    begin(request);
    let kept: readonly ArrayBufferView[] | undefined = buffers;
    return () => {
      if (kept === undefined) return true;
      test(request, flag, status);
      if (flag[0] === 0) return false;
      kept = undefined;
      return true;
    };
  };
  return {
    version: versionOf(getVersion),
    init: () => init(null, null, THREAD_FUNNELED, new Int32Array(1)),
    rank: () => wholeNumber(commRank),
    size: () => wholeNumber(commSize),
    allGather: (own, all) =>
      begun((request) => allGather(own, own.length, byte, all, own.length, byte, world, request), own, all),
    allGatherVarying: (own, all, counts, places) =>
      begun(
        (request) => allGatherVarying(own, own.length, byte, all, counts, places, byte, world, request),
        own,
        all,
        counts,
        places,
      ),
    finalize: () => finalize(),
    abort(code) {
      abort(world, code);
      return process.exit(code);
    },
  };
}

/** What the library says of itself first: "Open MPI v4.1.4". */
function versionOf(getVersion: (...given: readonly unknown[]) => void): string {
  const text = Buffer.alloc(VERSION_BYTES);
  const length = new Int32Array(1);
  getVersion(text, length);
  return text
    .toString("utf8", 0, length[0])
    .split(/[\n,\0]/, 1)[0]!
    .replaceAll(/\s+/g, " ");
}

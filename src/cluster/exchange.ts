import { setImmediate, setTimeout } from "node:timers/promises";
import { expected, NextpixelError, type ErrorCode } from "../basics/errors.ts";
import type { Mpi } from "./library.ts";

// An exchange has two halves. First each process sends a header of fixed size: how many bytes will follow, or why it
// has failed. So a process that fails wherever it is tells all others, instead of leaving them to wait. Then come the
// bytes. By then all processes have arrived, and nobody waits for long.

const HEADER_BYTES = 2048;
const MOST_CHARACTERS = 300;
/** Counts and places are C ints. */
const MOST_BYTES = 2 ** 31 - 1;
/** Each process's bytes begin at a multiple of this. */
const ALIGNMENT = 8;
/** Milliseconds between two looks while a rank waits, at first and after a long time. */
const [NAP, LONG_NAP] = [0.05, 1];
/** Milliseconds after which a wait is long, and after which signals and messages are looked at. */
const [LONG, TURN] = [100, 1];

const NEVER = new Int32Array(new SharedArrayBuffer(4));
/** Waits less than Node's timers can, and leaves the core to another rank, which may need it. */
const nap = () => void Atomics.wait(NEVER, 0, 0, NAP);

interface Failure {
  /** Undefined if it is a defect of nextpixel. */
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly about: readonly string[];
}
type Header = { readonly length: number } | { readonly failed: Failure };

/** What this process and the others tell each other. */
export interface Exchange {
  /** What each process gives, in the order of ranks. @throws what another has failed with; CLUSTER after the time */
  gather(bytes: Uint8Array): Promise<readonly Uint8Array[]>;
  /** Tells the others of a failure, unless they know or do not answer; returns whether they know. */
  fail(error: unknown): Promise<boolean>;
}

/**
 * @param timeout Seconds that this process waits for the others, each time.
 * @param nameOf What errors call a process.
 */
export function exchangeBy(mpi: Mpi, timeout: number, nameOf: (rank: number) => string): Exchange {
  const size = mpi.size();
  let state: "working" | "failed" | "lost" = "working";

  async function complete(isComplete: () => boolean) {
    const begun = performance.now();
    let turned = begun;
    while (!isComplete()) {
      const now = performance.now();
      if (now - begun > 1000 * timeout) {
        state = "lost";
        throw new NextpixelError(
          "CLUSTER",
          `expected an answer of all ${size} ranks within ${timeout} s: one of them has ended, hangs or cannot be ` +
            "reached; all end, and the run can be resumed from its last checkpoint",
          { about: ["resume"] },
        );
      }
      if (now - begun > LONG) await setTimeout(LONG_NAP);
      else if (now - turned > TURN) {
        await setImmediate();
        turned = now;
      } else nap();
    }
  }

  /** The headers of all processes, none of which has failed. */
  async function headersWith(own: Header) {
    const all = new Uint8Array(size * HEADER_BYTES);
    await complete(mpi.allGather(encoded(own), all));
    const headers = Array.from({ length: size }, (_, rank) =>
      decoded(all.subarray(rank * HEADER_BYTES, (rank + 1) * HEADER_BYTES)),
    );
    return headers.map((header, rank) => {
      if ("length" in header) return header.length;
      state = "failed";
      const { code, message, about } = header.failed;
      throw new NextpixelError(
        code ?? "CLUSTER",
        `${nameOf(rank)}: ${code === undefined ? "unexpected: " : ""}${message}`,
        { about },
      );
    });
  }

  return {
    async gather(bytes) {
      const counts = Int32Array.from(await headersWith({ length: bytes.length }));
      const places = new Int32Array(size);
      let total = 0;
      for (const [rank, count] of counts.entries()) {
        places[rank] = total;
        total += Math.ceil(count / ALIGNMENT) * ALIGNMENT;
      }
      if (total > MOST_BYTES)
        throw expected("CLUSTER", `at most ${MOST_BYTES} bytes`, "what all ranks tell each other", total);
      const all = new Uint8Array(total);
      if (total > 0) await complete(mpi.allGatherVarying(bytes, all, counts, places));
      return Array.from(counts, (count, rank) => all.subarray(places[rank]!, places[rank]! + count));
    },
    async fail(error) {
      if (state === "working") await headersWith({ failed: failureOf(error) }).catch(() => undefined);
      return state === "failed";
    },
  };
}

const failureOf = (error: unknown): Failure => {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof NextpixelError
    ? { code: error.code, message, about: error.about }
    : { code: undefined, message, about: [] };
};

/** A header as JSON, filled up with spaces. A message that is too long is cut off. */
function encoded(header: Header): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES, " ");
  const text = (characters?: number) =>
    JSON.stringify(header, (key, value: unknown) =>
      key === "message" && typeof value === "string" ? value.slice(0, characters) : value,
    );
  const whole = text();
  bytes.write(Buffer.byteLength(whole) <= HEADER_BYTES ? whole : text(MOST_CHARACTERS));
  return bytes;
}

const decoded = (bytes: Uint8Array): Header => JSON.parse(new TextDecoder().decode(bytes)) as Header;

/**
 * Processes that train one model together. Each computes some shares of every batch, and all make the same update. Only
 * the first, rank 0, writes.
 */
export interface Communicator {
  /** The number of this process, 0 .. size-1. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** What errors call a process: "rank 1 on node-b". */
  nameOf(rank: number): string;
  /**
   * What each process gives, in the order of ranks; the bytes of each begin at a multiple of eight in their buffer. All
   * processes call it equally often.
   *
   * @throws CLUSTER if one has failed, with what it failed with, or has not answered in time
   */
  allGather(bytes: Uint8Array): Promise<readonly Uint8Array[]>;
}

/** Whether this process is the one that writes. */
export const isFirst = (world: Communicator | undefined): boolean => (world?.rank ?? 0) === 0;

/** Whether any process says so. */
export async function anyOf(world: Communicator | undefined, own: boolean): Promise<boolean> {
  if (world === undefined) return own;
  // Those who say no send nothing.
  return (await world.allGather(new Uint8Array(Number(own)))).some(({ length }) => length > 0);
}

/** Numbers of each process, in the order of ranks. */
export const gatherNumbers = async (world: Communicator, own: Float64Array): Promise<Float64Array[]> =>
  (await world.allGather(new Uint8Array(own.buffer, own.byteOffset, own.byteLength))).map(
    ({ buffer, byteOffset, length }) =>
      new Float64Array(buffer, byteOffset, length / Float64Array.BYTES_PER_ELEMENT),
  );

/** What the first process does, and gives to all. Each process has a copy of its own. */
export async function broadcast(
  world: Communicator | undefined,
  work: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (world === undefined) return work();
  const own = isFirst(world) ? await work() : new Uint8Array();
  return (await world.allGather(own))[0]!;
}

/** The same of values that JSON can hold. */
export async function broadcastJson<Value>(
  world: Communicator | undefined,
  work: () => Promise<Value>,
): Promise<Value> {
  if (world === undefined) return work();
  const bytes = await broadcast(world, async () => new TextEncoder().encode(JSON.stringify(await work())));
  return JSON.parse(new TextDecoder().decode(bytes)) as Value;
}

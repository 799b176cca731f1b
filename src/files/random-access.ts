import { readPart, sizeOfFile } from "./bounded-read.ts";

/** Bytes that can be read in parts: those of a file, or in memory. */
export interface RandomAccess {
  readonly size: number;
  /** As many bytes from `start` on, or all that there are. */
  read(start: number, count: number): Promise<Uint8Array>;
}

/**
 * The bytes of an ordinary file, which stay there until they are read.
 *
 * @throws NOT_FOUND if it cannot be read, now or later; FORMAT if it is something else, such as a device.
 */
export async function fileAccess(path: string): Promise<RandomAccess> {
  const size = await sizeOfFile(path);
  return partOf({ size, read: (start, count) => readPart(path, start, count) }, 0, size);
}

export const memoryAccess = (bytes: Uint8Array): RandomAccess => ({
  size: bytes.length,
  read: async (start, count) => bytes.subarray(start, start + count),
});

/** `size` bytes of others from `from` on. */
export const partOf = (whole: RandomAccess, from: number, size: number): RandomAccess => ({
  size,
  async read(start, count) {
    const some = Math.min(count, size - start);
    return some > 0 ? whole.read(from + start, some) : new Uint8Array(0);
  },
});

/** The largest block of which glibc takes the size as a threshold, without its own bookkeeping: mallopt(3). */
const LARGEST_BLOCK = 32 * 2 ** 20 - 2 ** 16;

/**
 * Lets the process keep memory that it frees, so that it can be used again. Each step of training makes all vectors
 * anew. Given back to the system and taken again, each of their pages costs a page fault, which in a virtual machine
 * takes some 10 us: half a step's update of a million parameters and more.
 *
 * The allocator of Linux (glibc) gives larger free blocks back than twice the largest one that was ever freed. So a
 * large one is made, which costs nothing as long as it is not written, and left to the garbage collector. Elsewhere it
 * does nothing.
 */
export function keepFreedMemory(): void {
  void new ArrayBuffer(LARGEST_BLOCK);
}

/** Bytes of the largest block that glibc learns from: 32 MiB with its own bookkeeping. See mallopt(3). */
const LARGEST_BLOCK = 32 * 2 ** 20 - 2 ** 16;

/**
 * Lets the process keep memory that it frees, so that it can be used again. Each run of a program makes its outputs
 * anew, such as all vectors at each step of training. If their memory is given back to the system and taken again, each
 * of its pages costs a page fault, some 10 us in a virtual machine.
 *
 * The allocator of Linux (glibc) gives free memory back if there is twice as much at the end of the heap as the largest
 * block had that was ever freed. So a large one is made, which costs nothing as long as it is not written, and left to
 * the garbage collector. With other allocators that does nothing.
 */
export function keepFreedMemory(): void {
  void new ArrayBuffer(LARGEST_BLOCK);
}

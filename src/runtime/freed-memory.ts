/** Bytes of the largest block that glibc learns from: 32 MiB with its own bookkeeping. See mallopt(3). */
const LARGEST_BLOCK = 32 * 2 ** 20 - 2 ** 16;

/**
 * Lets the process keep memory that it frees, so that it can be used again. Each run of a program makes its outputs
 * anew, such as all vectors at each step of training. If their memory is given back to the system and taken again, each
 * of its pages costs a page fault, some 10 us in a virtual machine.
 *
 * glibc, the C library of most Linux systems, keeps free memory at the end of its heap up to twice the size of the
 * largest block that was ever freed. So a large block is made and left to the garbage collector. It costs nothing, as
 * it is never written. With other allocators that changes nothing.
 */
export function keepFreedMemory(): void {
  void new ArrayBuffer(LARGEST_BLOCK);
}

/** The share of pictures, levels [count, length], that are the same as an earlier one. */
export function shareOfDuplicates(pictures: Uint8Array, length: number): number {
  const count = pictures.length / length;
  const distinct = new Set(
    Array.from({ length: count }, (_, i) =>
      Buffer.from(pictures.buffer, pictures.byteOffset + i * length, length).toString("latin1"),
    ),
  );
  return 1 - distinct.size / count;
}

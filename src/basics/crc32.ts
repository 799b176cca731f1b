/** Bytes that are taken at once. */
const STRIDE = 8;

/** The checksum of bytes, or of all bytes so far if that of those `before` is given. */
type Checksum = (bytes: Uint8Array, before?: number) => number;

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4), which checkpoints and TensorBoard's files use. */
export const crc32c: Checksum = checksumOf(0x82f63b78);

/** CRC-32 as in PNG and zlib (ISO 3309). */
export const crc32: Checksum = checksumOf(0xedb88320);

/** The 32-bit cyclic redundancy check of a polynomial, given with its bits reversed. */
function checksumOf(polynomial: number): Checksum {
  const table = tableOf(polynomial);
  return (bytes, before = 0) => {
    let crc = ~before;
    let i = 0;
    for (const last = bytes.length - STRIDE; i <= last; i += STRIDE) {
      crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      crc =
        table[1792 + (crc & 255)]! ^
        table[1536 + ((crc >>> 8) & 255)]! ^
        table[1280 + ((crc >>> 16) & 255)]! ^
        table[1024 + (crc >>> 24)]! ^
        table[768 + bytes[i + 4]!]! ^
        table[512 + bytes[i + 5]!]! ^
        table[256 + bytes[i + 6]!]! ^
        table[bytes[i + 7]!]!;
    }
    for (; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
    return ~crc >>> 0;
  };
}

/** [STRIDE, 256]: what a byte does to the checksum over itself and as many zeros behind it as the first index says. */
function tableOf(polynomial: number): Int32Array {
  const table = new Int32Array(STRIDE * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let zeros = 0; zeros < STRIDE; zeros++) {
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
      table[zeros * 256 + byte] = crc;
    }
  }
  return table;
}

/** CRC-32C (Castagnoli), bits reversed. */
const POLYNOMIAL = 0x82f63b78;
/** Bytes that are taken at once. */
const STRIDE = 8;

/** [STRIDE, 256]: what a byte does to the checksum over itself and as many zeros behind it as the first index says. */
const TABLE = new Int32Array(STRIDE * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let zeros = 0; zeros < STRIDE; zeros++) {
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    TABLE[zeros * 256 + byte] = crc;
  }
}

/** The checksum CRC-32C of bytes (RFC 3720, appendix B.4), or of all bytes so far if that of those `before` is given. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  let i = 0;
  for (const last = bytes.length - STRIDE; i <= last; i += STRIDE) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      TABLE[1792 + (crc & 255)]! ^
      TABLE[1536 + ((crc >>> 8) & 255)]! ^
      TABLE[1280 + ((crc >>> 16) & 255)]! ^
      TABLE[1024 + (crc >>> 24)]! ^
      TABLE[768 + bytes[i + 4]!]! ^
      TABLE[512 + bytes[i + 5]!]! ^
      TABLE[256 + bytes[i + 6]!]! ^
      TABLE[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

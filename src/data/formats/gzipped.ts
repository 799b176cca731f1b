import { promisify } from "node:util";
import { constants, gunzip, type ZlibOptions } from "node:zlib";
import { readBounded } from "../../files/bounded-read.ts";
import { unexpected } from "../../files/unexpected.ts";

/** Bytes of a gzip file that are enough for a header in it, behind a file name of any usual length. */
const GZIP_PREFIX = 4096;

/** A file that may be gzipped. It is decompressed only when asked for. */
export interface GzippedFile {
  /**
   * The first few thousand bytes, or all if the file is short or not gzipped.
   *
   * @throws FORMAT if they are not intact.
   */
  start(): Promise<Uint8Array>;
  /**
   * The whole content.
   *
   * @throws FORMAT if it is not intact, or if it is gzipped and has more than `limit` bytes; `fault` is then the reason
   * that the error gives. No more than the limit is decompressed.
   */
  content(limit: number, fault: string): Promise<Uint8Array>;
}

/**
 * A file of at most `limit` bytes, gzipped or not: its first bytes tell.
 *
 * @throws NOT_FOUND and FORMAT.
 */
export async function readGzipped(file: string, limit: number): Promise<GzippedFile> {
  const packed = await readBounded(file, limit);
  if (packed[0] !== 0x1f || packed[1] !== 0x8b)
    return { start: async () => packed, content: async () => packed };
  return {
    // Flushing makes zlib give what it has where it would miss the end of the data.
    start: () => unzip(file, packed.subarray(0, GZIP_PREFIX), { finishFlush: constants.Z_SYNC_FLUSH }),
    content: (limit, fault) => unzip(file, packed, { maxOutputLength: limit }, fault),
  };
}

async function unzip(
  file: string,
  packed: Uint8Array,
  options: ZlibOptions,
  fault?: string,
): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(packed, options);
  } catch (cause) {
    const isTooMuch = cause instanceof RangeError && fault !== undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unexpected(file, "intact gzip data", isTooMuch ? fault : reason);
  }
}

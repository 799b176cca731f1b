import { promisify } from "node:util";
import { constants, gunzip, type ZlibOptions } from "node:zlib";
import { readBounded } from "../../files/bounded-read.ts";
import { unexpected } from "../../files/unexpected.ts";

/** Bytes of a gzip file that are enough for a header in it, behind a file name of any usual length. */
const GZIP_PREFIX = 4096;

/** A file that may be gzipped. Nothing of it is unpacked unasked. */
export interface GzippedFile {
  /** What it begins with: the first few thousand bytes, or all if it is short or not gzipped. FORMAT error. */
  start(): Promise<Uint8Array>;
  /**
   * All of it. FORMAT error if it is not intact or, gzipped, unfolds to more than `limit` bytes, for which `fault` is
   * the reason given: no more than that is unpacked.
   */
  content(limit: number, fault: string): Promise<Uint8Array>;
}

/** A file of at most `limit` bytes, gzipped or not: its first bytes tell. Throws NOT_FOUND and FORMAT. */
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

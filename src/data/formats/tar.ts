import { unexpected } from "../../files/unexpected.ts";

/**
 * A tar archive (POSIX ustar, which GNU tar's is like for names of up to 100 bytes) is records of 512 bytes: for every
 * file a header,
 *
 *     0     name, up to 100 bytes             148   checksum, octal
 *     124   size in bytes, octal              156   type: "0" or NUL for a file
 *
 * and then as many records as its bytes fill. An empty record ends it.
 */
const RECORD = 512;
const MAX_ENTRIES = 4096;

/**
 * The files of an uncompressed tar archive by their names, as views of it.
 *
 * @throws FORMAT that names `file` if it is not intact.
 */
export function tarFiles(archive: Uint8Array, file: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const fail = (received: string) => unexpected(file, "an intact tar archive", received);
  let start = 0;
  for (let entry = 0; entry < MAX_ENTRIES; entry++) {
    const header = archive.subarray(start, start + RECORD);
    if (header.length < RECORD) throw fail(`an end after ${archive.length} bytes`);
    if (header.every((byte) => byte === 0)) return files;
    if (octal(header, 148, 8) !== checksum(header)) throw fail(`no header at byte ${start}`);
    const size = octal(header, 124, 12);
    const from = start + RECORD;
    if (!(size <= archive.length - from))
      throw fail(`a file that is larger than what is left, at byte ${start}`);
    if (header[156] === 0 || header[156] === "0".charCodeAt(0)) {
      files.set(text(header, 0, 100), archive.subarray(from, from + size));
    }
    start = from + Math.ceil(size / RECORD) * RECORD;
  }
  throw fail(`more than ${MAX_ENTRIES} entries`);
}

/** Up to the first NUL. */
const text = (header: Uint8Array, start: number, length: number): string =>
  new TextDecoder().decode(header.subarray(start, start + length)).split("\0", 1)[0]!;

/** NaN if it is no number. */
function octal(header: Uint8Array, start: number, length: number): number {
  const digits = text(header, start, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** The sum of all bytes, where those of the checksum itself count as spaces. */
const checksum = (header: Uint8Array): number =>
  header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);

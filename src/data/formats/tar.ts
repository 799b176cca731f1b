import { unexpected } from "../../files/unexpected.ts";
import type { RandomAccess } from "../../files/random-access.ts";

/**
 * A tar archive (POSIX ustar and pax, and GNU tar's) is records of 512 bytes: for every file a header,
 *
 *     0     name, up to 100 bytes             156   type: "0" or NUL for a file
 *     124   size in bytes, octal              257   "ustar" and NUL: there is a
 *     148   checksum, octal                   345   prefix of the name, up to 155 bytes
 *
 * and then as many records as its bytes fill. An empty record ends it. Longer names are the content of an entry before:
 * of type "L" (GNU), or of type "x" (pax), which has lines such as `25 path=...`.
 */
const RECORD = 512;
const MAX_ENTRIES = 2 ** 22;
const MAX_LONG_NAME = 2 ** 16;
/** Bytes that are read at once: headers of small files are near each other. */
const BLOCK = 2 ** 16;

/** Where a file is in its archive. */
export interface TarEntry {
  readonly start: number;
  readonly size: number;
}

/**
 * The files of an uncompressed tar archive by their names. Of a name twice the last counts.
 *
 * @throws FORMAT that names `file` if it is not intact.
 */
export async function tarEntries(archive: RandomAccess, file: string): Promise<Map<string, TarEntry>> {
  const files = new Map<string, TarEntry>();
  const fail = (received: string) => unexpected(file, "an intact tar archive", received);
  const read = inBlocks(archive);
  let longName: string | undefined;
  let at = 0;
  for (let entry = 0; entry < MAX_ENTRIES; entry++) {
    const header = await read(at, RECORD);
    if (header.length < RECORD) throw fail(`an end after ${archive.size} bytes`);
    if (header.every((byte) => byte === 0)) return files;
    if (octal(header, 148, 8) !== checksum(header)) throw fail(`no header at byte ${at}`);
    const size = octal(header, 124, 12);
    const start = at + RECORD;
    if (!(size <= archive.size - start)) throw fail(`a file that is larger than what is left, at byte ${at}`);
    const type = header[156] === 0 ? "0" : String.fromCharCode(header[156]!);
    if (type === "L" || type === "x") {
      if (size > MAX_LONG_NAME) throw fail(`a name of ${size} bytes, at byte ${at}`);
      const content = await archive.read(start, size);
      longName = type === "L" ? text(content, 0, size) : (paxPath(content) ?? longName);
    } else {
      if (type === "0") files.set(longName ?? shortName(header), { start, size });
      longName = undefined;
    }
    at = start + Math.ceil(size / RECORD) * RECORD;
  }
  throw fail(`more than ${MAX_ENTRIES} entries`);
}

/** Reads few bytes at a time, forwards, with fewer reads of the archive. */
function inBlocks(archive: RandomAccess): RandomAccess["read"] {
  let [block, from] = [new Uint8Array(0), 0];
  return async (start, count) => {
    if (start < from || start + count > from + block.length) {
      [block, from] = [Uint8Array.from(await archive.read(start, Math.max(count, BLOCK))), start];
    }
    return block.subarray(start - from, start - from + count);
  };
}

function shortName(header: Uint8Array): string {
  const [name, prefix] = [text(header, 0, 100), text(header, 345, 155)];
  const isPosix = text(header, 257, 6) === "ustar" && header[262] === 0;
  return isPosix && prefix !== "" ? `${prefix}/${name}` : name;
}

/** The name in records `<length> <keyword>=<value>\n`, if there is one. */
function paxPath(content: Uint8Array): string | undefined {
  const records = Buffer.from(content).toString("latin1");
  let path: string | undefined;
  for (let at = 0; at < content.length;) {
    const length = Number(/^\d+(?= )/.exec(records.slice(at, at + 8))?.[0]);
    if (!(length > 0)) return path;
    const [, value] = /^\d+ path=(.*)\n$/s.exec(text(content, at, length)) ?? [];
    path = value ?? path;
    at += length;
  }
  return path;
}

/** Up to the first NUL. */
const text = (bytes: Uint8Array, start: number, length: number): string =>
  new TextDecoder().decode(bytes.subarray(start, start + length)).split("\0", 1)[0]!;

/** NaN if it is no number. */
function octal(header: Uint8Array, start: number, length: number): number {
  const digits = text(header, start, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** The sum of all bytes, where those of the checksum itself count as spaces. */
const checksum = (header: Uint8Array): number =>
  header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);

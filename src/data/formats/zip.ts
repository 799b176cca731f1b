import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { unexpected } from "../../files/unexpected.ts";
import { memoryAccess, partOf, type RandomAccess } from "../../files/random-access.ts";

/*
 * A ZIP archive (PKWARE's APPNOTE.TXT): files, each behind a local header, then the central directory with a header for
 * each, then where that is.
 *
 *     local header         PK\3\4 .. 26 length of name, of extra .. 30 name, extra, content
 *     central header       PK\1\2, 8 flags, 10 method, 16 CRC-32, 20 packed size, 24 size, 28 length of name, of extra,
 *                          of comment, 42 where the local header is, 46 name, extra, comment
 *     end                  PK\5\6, 10 entries, 12 size of the directory, 16 where it is, 20 length of comment, comment
 *     end, ZIP64           PK\6\6, 32 entries, 40 size of the directory, 48 where it is; then
 *                          PK\6\7, 8 where this end is, up to the end above
 *
 * A number that does not fit is all ones, and in ZIP64's place: the end, or a field 1 of `extra` with 8 bytes for each
 * such number in the order size, packed size, place.
 */
const [LOCAL, CENTRAL, END, END64, LOCATOR] = [0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50];
const [LOCAL_SIZE, CENTRAL_SIZE, END_SIZE, END64_SIZE, LOCATOR_SIZE] = [30, 46, 22, 56, 20];
const MAX_COMMENT = 0xffff;
const MAX_DIRECTORY = 2 ** 28;
const [IS_ENCRYPTED, IS_UTF8] = [1, 0x800];
const [STORED, DEFLATED] = [0, 8];

/** Where a file of an archive is, and how it is packed. */
export interface ZipEntry {
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/**
 * The files of a ZIP archive by their names, without folders. Of a name twice the last counts.
 *
 * @throws FORMAT that names `file` if the directory is not intact.
 */
export async function zipEntries(archive: RandomAccess, file: string): Promise<Map<string, ZipEntry>> {
  const fail = (received: string) => unexpected(file, "an intact ZIP archive", received);
  const { count, size, start } = await directoryOf(archive, fail);
  if (size > MAX_DIRECTORY || count * CENTRAL_SIZE > size || !(start + size <= archive.size))
    throw fail(`a directory of ${count} files in ${size} bytes from byte ${start} on`);
  const directory = bufferOf(await archive.read(start, size));
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const lack = `no entry ${i} of the directory`;
    if (at + CENTRAL_SIZE > directory.length || directory.readUInt32LE(at) !== CENTRAL) throw fail(lack);
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const nameEnd = at + CENTRAL_SIZE + name;
    const end = nameEnd + extra + comment;
    if (end > directory.length) throw fail(lack);
    const flags = directory.readUInt16LE(at + 8);
    const bytes = directory.subarray(at + CENTRAL_SIZE, nameEnd);
    // Many writers do not set the flag.
    const path = bytes.toString((flags & IS_UTF8) !== 0 || isUtf8(bytes) ? "utf8" : "latin1");
    const [fullSize, packed, place] = sizesOf(directory, at, directory.subarray(nameEnd, nameEnd + extra));
    if (!path.endsWith("/")) {
      entries.set(path, {
        isEncrypted: (flags & IS_ENCRYPTED) !== 0,
        method: directory.readUInt16LE(at + 10),
        crc: directory.readUInt32LE(at + 16),
        packed,
        size: fullSize,
        at: place,
      });
    }
    at = end;
  }
  return entries;
}

/**
 * The content of a file in an archive; `name` is what errors call it. It stays in the archive until it is read if it is
 * not compressed, and is unpacked now if it is.
 *
 * @throws FORMAT if it is damaged, has more than `limit` bytes, or is packed in a way that is not read.
 */
export async function openEntry(
  archive: RandomAccess,
  entry: ZipEntry,
  name: string,
  limit: number,
): Promise<RandomAccess> {
  const { method, size, packed, at } = entry;
  const fail = (what: string, received: string) => unexpected(name, what, received);
  if (size > limit) throw fail(`at most ${limit} bytes`, String(size));
  if (entry.isEncrypted) throw fail("a file that is not encrypted", "one that is");
  if (method !== STORED && method !== DEFLATED)
    throw fail("a file that is stored or deflated", `compression method ${method}`);
  const header = bufferOf(await archive.read(at, LOCAL_SIZE));
  if (header.length < LOCAL_SIZE || header.readUInt32LE(0) !== LOCAL)
    throw fail("a local header", `none at byte ${at} of the archive`);
  const from = at + LOCAL_SIZE + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (packed > archive.size - from || (method === STORED && packed !== size))
    throw fail(
      `${size} bytes, packed ${packed},`,
      `${Math.max(0, archive.size - from)} to the end of the archive`,
    );
  const content = partOf(archive, from, packed);
  if (method === STORED) return content;
  const inflated = await promisify(inflateRaw)(await content.read(0, packed), {
    maxOutputLength: Math.max(1, size),
  }).catch((cause: unknown) => {
    if (cause instanceof RangeError) throw fail(`${size} bytes`, "more");
    throw fail("intact deflated data", cause instanceof Error ? cause.message : String(cause));
  });
  checkContent(inflated, entry, name);
  return memoryAccess(inflated);
}

/**
 * The bytes of a file in an archive, with their checksum checked.
 *
 * @throws as `openEntry`
 */
export async function readEntry(
  archive: RandomAccess,
  entry: ZipEntry,
  name: string,
  limit: number,
): Promise<Uint8Array> {
  const content = await openEntry(archive, entry, name, limit);
  const bytes = await content.read(0, content.size);
  if (entry.method === STORED) checkContent(bytes, entry, name);
  return bytes;
}

function checkContent(bytes: Uint8Array, { size, crc }: ZipEntry, name: string): void {
  if (bytes.length !== size) throw unexpected(name, `${size} bytes`, String(bytes.length));
  if (crc32(bytes) !== crc) throw unexpected(name, "content that fits its checksum", "other content");
}

/** What the end of the archive says of the directory. */
async function directoryOf(archive: RandomAccess, fail: (received: string) => Error) {
  const from = Math.max(0, archive.size - END_SIZE - MAX_COMMENT);
  const tail = bufferOf(await archive.read(from, archive.size - from));
  let at = tail.length - END_SIZE;
  const isEnd = () =>
    tail.readUInt32LE(at) === END && at + END_SIZE + tail.readUInt16LE(at + 20) === tail.length;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) throw fail("no end of one");
  const end = {
    count: tail.readUInt16LE(at + 10),
    size: tail.readUInt32LE(at + 12),
    start: tail.readUInt32LE(at + 16),
  };
  if (end.count < 0xffff && end.size < 0xffffffff && end.start < 0xffffffff) return end;
  const locator = bufferOf(await archive.read(Math.max(0, from + at - LOCATOR_SIZE), LOCATOR_SIZE));
  // 65,535 files need no ZIP64.
  if (locator.length < LOCATOR_SIZE || locator.readUInt32LE(0) !== LOCATOR) return end;
  const end64 = bufferOf(await archive.read(Number(locator.readBigUInt64LE(8)), END64_SIZE));
  if (end64.length < END64_SIZE || end64.readUInt32LE(0) !== END64) throw fail("no ZIP64 end of one");
  const [count, size, start] = [32, 40, 48].map((field) => Number(end64.readBigUInt64LE(field))) as [
    number,
    number,
    number,
  ];
  return { count, size, start };
}

/** Size, packed size and place of an entry. */
function sizesOf(directory: Buffer, at: number, extra: Buffer): readonly [number, number, number] {
  let wide = extra.subarray(extra.length);
  for (let field = 0; field + 4 <= extra.length; field += 4 + extra.readUInt16LE(field + 2)) {
    if (extra.readUInt16LE(field) === 1)
      wide = extra.subarray(field + 4, field + 4 + extra.readUInt16LE(field + 2));
  }
  const numbers = [24, 20, 42].map((field) => {
    const number = directory.readUInt32LE(at + field);
    if (number < 0xffffffff || wide.length < 8) return number;
    const own = Number(wide.readBigUInt64LE(0));
    wide = wide.subarray(8);
    return own;
  });
  return numbers as unknown as readonly [number, number, number];
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

import { crc32, deflateRawSync } from "node:zlib";

interface ZipOptions {
  /** Whether files are compressed; they are if nothing is said. */
  readonly isPacked?: boolean;
  /** Whether numbers are written as ZIP64 has them. */
  readonly is64?: boolean;
  /** Bits of the general purpose flag, such as 1: encrypted. */
  readonly flags?: number;
}

const words = (...numbers: readonly (readonly [value: number | bigint, bytes: 2 | 4 | 8])[]): Buffer =>
  Buffer.concat(
    numbers.map(([value, bytes]) => {
      const word = Buffer.alloc(8);
      word.writeBigUInt64LE(BigInt(value));
      return word.subarray(0, bytes);
    }),
  );

const ONES = 0xffffffff;

/** A ZIP archive of files by their names; names that end in a slash are folders. */
export function zipArchive(
  files: Readonly<Record<string, Uint8Array>>,
  { isPacked = true, is64 = false, flags = 0x800 }: ZipOptions = {},
): Buffer {
  const [locals, centrals]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const method = isPacked && bytes.length > 0 ? 8 : 0;
    const content = method === 8 ? deflateRawSync(bytes) : Buffer.from(bytes);
    const path = Buffer.from(name);
    const about = words([20, 2], [flags, 2], [method, 2], [0, 4], [crc32(bytes), 4]);
    const sizes = words([content.length, 4], [bytes.length, 4]);
    const local = Buffer.concat([
      words([0x04034b50, 4]),
      about,
      sizes,
      words([path.length, 2], [0, 2]),
      path,
      content,
    ]);
    const extra = is64
      ? words([1, 2], [24, 2], [bytes.length, 8], [content.length, 8], [at, 8])
      : Buffer.alloc(0);
    centrals.push(
      Buffer.concat([
        words([0x02014b50, 4], [20, 2]),
        about,
        is64 ? words([ONES, 4], [ONES, 4]) : sizes,
        words([path.length, 2], [extra.length, 2], [0, 8], [0, 2], [is64 ? ONES : at, 4]),
        path,
        extra,
      ]),
    );
    locals.push(local);
    at += local.length;
  }
  const [count, directory] = [centrals.length, Buffer.concat(centrals)];
  const end64 = Buffer.concat([
    words(
      [0x06064b50, 4],
      [44, 8],
      [45, 2],
      [45, 2],
      [0, 8],
      [count, 8],
      [count, 8],
      [directory.length, 8],
      [at, 8],
    ),
    words([0x07064b50, 4], [0, 4], [at + directory.length, 8], [1, 4]),
  ]);
  const end = is64
    ? words([0x06054b50, 4], [0, 4], [0xffff, 2], [0xffff, 2], [ONES, 4], [ONES, 4], [0, 2])
    : words([0x06054b50, 4], [0, 4], [count, 2], [count, 2], [directory.length, 4], [at, 4], [0, 2]);
  return Buffer.concat([...locals, directory, ...(is64 ? [end64] : []), end]);
}

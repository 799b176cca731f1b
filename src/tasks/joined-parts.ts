import { NextpixelError, shortened } from "../basics/errors.ts";
import { readBounded } from "../files/bounded-read.ts";
import { decodePart, type PartArray, type PartFile } from "./part-file.ts";

/** Bound on the bytes of a part. */
const MAX_BYTES = 2 ** 31 - 1;

/** What all parts of a work have computed, as if one process had. */
export interface JoinedParts extends Pick<PartFile, "about" | "arrays" | "correct"> {
  /** Pictures in all. */
  readonly count: number;
}

interface NamedPart extends PartFile {
  readonly file: string;
}

/**
 * Joins the parts of a work, in any order.
 *
 * @throws ARGUMENT if one is missing, there twice, or of another work; NOT_FOUND, FORMAT if a file cannot be read
 */
export async function joinParts(files: readonly string[]): Promise<JoinedParts> {
  const parts: NamedPart[] = [];
  for (const file of files) parts.push({ file, ...decodePart(await readBounded(file, MAX_BYTES), file) });
  parts.sort((a, b) => a.part.index - b.part.index);
  const [first] = parts;
  if (!first) throw refused("no parts");
  for (const other of parts) checkSameWork(first, other);
  checkComplete(parts);
  const { about, arrays } = first;
  return {
    about,
    count: first.total,
    correct:
      first.correct === undefined ? undefined : parts.reduce((sum, { correct = 0 }) => sum + correct, 0),
    arrays: Object.fromEntries(
      Object.keys(arrays).map((name) => [name, joinArrays(parts.map((part) => part.arrays[name]!))]),
    ),
  };
}

const refused = (what: string) =>
  new NextpixelError("ARGUMENT", `expected all parts of one work, received ${what}`);

/** What must be equal for two parts to be of the same work, as errors call it. */
const identity = ({
  about,
  part,
  total,
  count,
  arrays,
  correct,
}: PartFile): Readonly<Record<string, unknown>> => ({
  ...about,
  "number of parts": part.of,
  "number of pictures": total,
  arrays: Object.entries(arrays).map(([name, values]) => `${name}: ${values.length / count}`),
  "knowledge of classes": correct !== undefined,
});

function checkSameWork(one: NamedPart, other: NamedPart): void {
  const [wanted, found] = [identity(one), identity(other)] as const;
  for (const what of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    const [a, b] = [shownValue(wanted[what]), shownValue(found[what])];
    if (a !== b)
      throw refused(`${one.file} with ${what} ${shortened(a)} and ${other.file} with ${shortened(b)}`);
  }
}

const shownValue = (value: unknown): string => JSON.stringify(value) ?? "none";

function checkComplete(parts: readonly NamedPart[]): void {
  const {
    part: { of },
    total,
  } = parts[0]!;
  const twice = parts.find(({ part }, i) => parts[i - 1]?.part.index === part.index);
  if (twice) throw refused(`part ${twice.part.index} of ${of} twice`);
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter(
    (index) => !parts.some(({ part }) => part.index === index),
  );
  if (missing.length > 0) throw refused(`none with the number ${missing.join(", ")} of ${of}`);
  let next = 0;
  for (const { file, first, count } of parts) {
    if (first !== next) throw refused(`${file} with pictures from ${first} on in place of ${next}`);
    next += count;
  }
  if (next !== total) throw refused(`${next} of ${total} pictures`);
}

/** Arrays of one type, one after the other. There is at least one. */
export function joinArrays<Type extends PartArray>(pieces: readonly Type[]): Type {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const all = new (pieces[0]!.constructor as new (length: number) => Type)(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

import { createHash } from "node:crypto";
import { expected, wholeNumber } from "../basics/errors.ts";
import { encodeWeights, type SavedModel } from "../run/saved-model.ts";

/** One of several processes that share the pictures of a task: the one with this number, from 1. */
export interface PartOfWork {
  readonly index: number;
  readonly of: number;
}

/** Pictures `first` .. `first + count - 1`. */
export interface PictureRange {
  readonly first: number;
  readonly count: number;
}

/** Bound on the number of parts. */
export const MAX_PARTS = 65_536;

/**
 * The pictures of a part, of `total` in all; all of them without a part. Pictures that are computed `together` stay in
 * one part, at the places that they have in one process, so that each has the same bits.
 *
 * @throws ARGUMENT if there are more parts than pictures, or than groups of them
 */
export function picturesOf(part: PartOfWork | undefined, total: number, together = 1): PictureRange {
  if (!part) return { first: 0, count: total };
  const of = wholeNumber(part.of, "the number of parts", 1, MAX_PARTS);
  const index = wholeNumber(part.index, "the number of the part", 1, of);
  const groups = Math.ceil(total / together);
  if (of > groups) {
    const what =
      together === 1 ? `${total} pictures` : `${total} pictures, of which ${together} stay together,`;
    throw expected("ARGUMENT", `at most ${groups} parts`, what, of, "part");
  }
  const start = (part: number) => Math.min(total, Math.floor((groups * part) / of) * together);
  return { first: start(index - 1), count: start(index) - start(index - 1) };
}

/** A hash of a network and its weights, by which parts of one model are told from those of another. */
export const modelHash = (model: SavedModel): string =>
  createHash("sha256").update(JSON.stringify(model.config)).update(encodeWeights(model)).digest("hex");

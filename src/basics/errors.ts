/** What went wrong, for programs. The message is for people. */
export type ErrorCode =
  | "SHAPE" // operands of a node do not fit together
  | "CAUSALITY" // a network looks at a pixel that it must not see
  | "SCHEDULE" // a network cannot be computed pixel by pixel
  | "ARGUMENT" // an option or argument is out of its range
  | "NOT_FOUND" // no such file, data set, model or run
  | "EXISTS" // would overwrite something that is there
  | "LOCKED" // another process is at work on it
  | "FORMAT" // a file is not what it claims to be
  | "WRITE" // a file could not be written
  | "DOWNLOAD" // a file could not be fetched from where it is published
  | "UPLOAD" // a file could not be sent to where it is to be published
  | "DEVICE" // no GPU where one must be, or it fails
  | "CLUSTER" // processes that train together do not fit together, or one of them has failed
  | "DIVERGED" // the loss is not finite any more
  | "INTERRUPTED"; // stopped by a signal, after which what was done is saved; or closed in the middle of its work

/**
 * An error that a user can act on. The command line prints its message on one line; anything else that is thrown is a
 * defect of nextpixel.
 */
export class NextpixelError extends Error {
  readonly code: ErrorCode;
  /**
   * Options of the library that can mend it: "levels" is one of the function that was called, "train.levels" one of
   * `train`. The message does not say how they are given; the command line adds its flags.
   */
  readonly about: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    { about = [], ...options }: { cause?: unknown; about?: readonly string[] } = {},
  ) {
    super(message, options);
    this.name = "NextpixelError";
    this.code = code;
    this.about = about;
  }
}

/** The error "expected X for name, received Y", in the one form used throughout. */
export function expected(
  code: ErrorCode,
  what: string,
  name: string,
  received: unknown,
  ...about: string[]
): NextpixelError {
  return new NextpixelError(code, `expected ${what} for ${name}, received ${shown(received)}`, { about });
}

/** Characters of what comes from elsewhere that a message shows. */
const SHOWN = 200;

/**
 * A string (in quotes), a number or a flat array as a message shows it: on one line, and not all of it if it is long.
 */
export function shown(value: unknown): string {
  if (typeof value === "string") return onOneLine(JSON.stringify(beginning(value)));
  return shortened(Array.isArray(value) ? `[${value.join(", ")}]` : String(value));
}

/** Text from elsewhere as a message shows it, without quotes. */
export const shortened = (text: string): string => onOneLine(beginning(text));

const beginning = (text: string): string =>
  text.length > SHOWN ? `${text.slice(0, SHOWN).replace(HALF_A_CHARACTER, "")}...` : text;

/** At the end: the first half of a character that UTF-16 writes as two units. */
const HALF_A_CHARACTER = /[\uD800-\uDBFF]$/;

/** Without line breaks, and without what would make a terminal do things. */
const onOneLine = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, " ");

/** `value` if it is a whole number in [min, max]; otherwise an ARGUMENT error that names it. */
export function wholeNumber(value: number, name: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw expected("ARGUMENT", `a whole number ${range}`, name, value);
}

/** `value` if it is a number in [min, max]; otherwise an ARGUMENT error that names it. */
export function numberFrom(value: number, name: string, min: number, max: number): number {
  if (typeof value === "number" && value >= min && value <= max) return value;
  throw expected("ARGUMENT", `a number from ${min} to ${max}`, name, value);
}

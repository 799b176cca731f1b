import { expected, type NextpixelError } from "../basics/errors.ts";

/** How deep values may lie in one another: what comes after the parser may walk through them recursively. */
export const MAX_DEPTH = 32;

/** Told how the values of a text lie in one another, it refuses what is too deep, and names that come twice. */
export interface Nesting {
  /** To be called where an object or a list begins. */
  enter(): void;
  leave(): void;
  /** To be called with every name of the object that is open. */
  name(text: string): void;
}

/** For a text of a language, such as "JSON", in a file. Its methods throw FORMAT errors that name the file. */
export function nesting(language: string, file: string): Nesting {
  const names: Set<string>[] = [];
  return {
    enter() {
      names.push(new Set());
      if (names.length > MAX_DEPTH) throw tooDeep(language, file);
    },
    leave: () => void names.pop(),
    name(text) {
      const known = names.at(-1)!;
      if (known.has(text)) throw expected("FORMAT", "every name once in an object", file, text);
      known.add(text);
    },
  };
}

export const tooDeep = (language: string, file: string): NextpixelError =>
  expected("FORMAT", `${language} nested at most ${MAX_DEPTH} deep`, file, "more");

import { expected, type NextpixelError } from "../basics/errors.ts";

/** How deep objects and lists may be nested: code that uses the value may be recursive. */
export const MAX_DEPTH = 32;

/** Refuses a text that is nested too deep, or has a name twice in an object. The parser calls it. */
export interface Nesting {
  /** Called where an object or a list begins. */
  enter(): void;
  leave(): void;
  /** Called with every name of the current object. */
  name(text: string): void;
}

/** The nesting of a file in a language such as "JSON". Its methods throw FORMAT errors that name the file. */
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

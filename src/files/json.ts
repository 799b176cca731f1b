import { expected, NextpixelError, shortened } from "../basics/errors.ts";
import { decodeText } from "./text.ts";

/** How deep arrays and objects may lie in one another: what comes after the parser may walk through them recursively. */
export const MAX_DEPTH = 32;

/**
 * The value of JSON that may come from anywhere. FORMAT error that names `file` if it is none, is nested deeper than MAX_DEPTH, or
 * has an object with the same name twice, of which JSON.parse would keep the last without a word.
 */
export function parseJson(bytes: Uint8Array, file: string): unknown {
  const text = decodeText(bytes, file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = shortened(cause instanceof Error ? cause.message : String(cause));
    throw new NextpixelError("FORMAT", `expected JSON for ${file}, received something else: ${reason}`, {
      cause,
    });
  }
  checkNesting(text, file);
  return value;
}

/** Walks through valid JSON, of which only brackets and strings matter. */
function checkNesting(json: string, file: string): void {
  // The names so far of each object that is open, undefined for an array.
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === "{" || character === "[") {
      open.push(character === "{" ? new Set() : undefined);
      if (open.length > MAX_DEPTH)
        throw expected("FORMAT", `JSON nested at most ${MAX_DEPTH} deep`, file, "more");
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(json, i);
      const names = open.at(-1);
      if (names !== undefined && isName(json, end)) {
        const name = JSON.parse(json.slice(i, end)) as string;
        if (names.has(name)) throw expected("FORMAT", "every name once in an object", file, name);
        names.add(name);
      }
      i = end - 1;
    }
  }
}

/** Behind the quotation mark that ends the string that begins at `start`. A regular expression would overflow its stack. */
function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (json[end] !== '"') end += json[end] === "\\" ? 2 : 1;
  return end + 1;
}

/** Whether a string of an object that ends before `end` is a name: a colon follows. */
function isName(json: string, end: number): boolean {
  const afterSpace = /[^ \t\r\n]/g;
  afterSpace.lastIndex = end;
  return afterSpace.exec(json)?.[0] === ":";
}

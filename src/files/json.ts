import { NextpixelError, shortened } from "../basics/errors.ts";
import { nesting } from "./nesting.ts";
import { decodeText } from "./text.ts";

/**
 * The value of JSON from any source.
 *
 * @throws FORMAT that names `file` if it is not JSON, is nested too deep, or has a name twice in an object, of which
 * JSON.parse would silently keep the last: see `nesting`.
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
  const values = nesting("JSON", file);
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === "{" || character === "[") values.enter();
    else if (character === "}" || character === "]") values.leave();
    else if (character === '"') {
      const end = endOfString(json, i);
      if (isName(json, end)) values.name(JSON.parse(json.slice(i, end)) as string);
      i = end - 1;
    }
  }
}

/**
 * The index behind the quotation mark that ends the string at `start`. A regular expression would overflow its stack.
 */
function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (json[end] !== '"') end += json[end] === "\\" ? 2 : 1;
  return end + 1;
}

/** Whether a string that ends before `end` is a name: a colon follows. */
function isName(json: string, end: number): boolean {
  const afterSpace = /[^ \t\r\n]/g;
  afterSpace.lastIndex = end;
  return afterSpace.exec(json)?.[0] === ":";
}

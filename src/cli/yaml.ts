import { CST, isMap, isScalar, isSeq, Lexer, parseDocument } from "yaml";
import { expected, NextpixelError, shortened } from "../basics/errors.ts";
import { MAX_DEPTH } from "../files/json.ts";
import { decodeText } from "../files/text.ts";

/** Far more than a recipe has. Each line may be indented more than the one before: so few bytes allow few such lines. */
export const MAX_YAML_BYTES = 2 ** 16;

/**
 * The value of YAML that may come from anywhere. Only what JSON has too is allowed: no references, with which a small
 * file can stand for a huge value, and no keys that are not text. FORMAT error that names `file` if it is something else.
 */
export function parseYaml(bytes: Uint8Array, file: string): unknown {
  const text = decodeText(bytes, file);
  checkDepth(text, file);
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    resolveKnownTags: false,
    // It would compare every key with all others.
    uniqueKeys: false,
    prettyErrors: false,
  });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) {
    const line = text.slice(0, fault.pos[0]).split("\n").length;
    throw new NextpixelError("FORMAT", `${file}: line ${line}: ${shortened(fault.message)}`, {
      cause: fault,
    });
  }
  return valueOf(document.contents, file, 0);
}

/** The parser is recursive, and the end of the stack, met inside a regular expression, is the end of the process. */
function checkDepth(text: string, file: string): void {
  let brackets = 0;
  // Outside brackets what lies deeper stands further right: only items of items in one line can be many.
  let indicators = 0;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (type === "flow-map-start" || type === "flow-seq-start") brackets++;
    else if (type === "flow-map-end" || type === "flow-seq-end") brackets--;
    else if (type === "newline") indicators = 0;
    else if (brackets === 0 && type !== null && INDICATORS.includes(type)) indicators++;
    if (Math.max(brackets, indicators) > MAX_DEPTH) throw tooDeep(file);
  }
}

const INDICATORS: readonly string[] = ["seq-item-ind", "explicit-key-ind", "map-value-ind"];

const tooDeep = (file: string): NextpixelError =>
  expected("FORMAT", `YAML nested at most ${MAX_DEPTH} deep`, file, "more");

function valueOf(node: unknown, file: string, depth: number): unknown {
  if (depth > MAX_DEPTH) throw tooDeep(file);
  if (node === null) return null;
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item) => valueOf(item, file, depth + 1));
  if (!isMap(node)) throw new NextpixelError("FORMAT", `${file}: expected YAML without references (*name)`);
  const values = new Map<string, unknown>();
  for (const { key, value } of node.items) {
    const name = keyOf(key, file);
    if (values.has(name)) throw expected("FORMAT", "every name once in a map", file, name);
    values.set(name, valueOf(value, file, depth + 1));
  }
  // Not assigned one by one, as "__proto__" would not become a key.
  return Object.fromEntries(values);
}

/** A key is what is written, also where a number is: 01 and 1 are two. */
function keyOf(key: unknown, file: string): string {
  if (isScalar(key) && key.value !== null) return key.source ?? String(key.value);
  throw new NextpixelError("FORMAT", `${file}: expected YAML with keys that are text`);
}

import { CST, isMap, isScalar, isSeq, Lexer, parseDocument } from "yaml";
import { NextpixelError, shortened } from "../basics/errors.ts";
import { MAX_DEPTH, nesting, tooDeep, type Nesting } from "../files/nesting.ts";
import { decodeText } from "../files/text.ts";

/** Much more than a recipe needs. Lines that are each indented more than the last cannot be many in so few bytes. */
export const MAX_YAML_BYTES = 2 ** 16;

/**
 * The value of YAML from any source. Only what JSON has too is allowed: no references, which can make a small file very
 * large, and only keys that are text.
 *
 * @throws FORMAT that names `file` if it is something else.
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
  return valueOf(document.contents, file, nesting("YAML", file));
}

/** The parser is recursive, and a stack overflow inside a regular expression ends the process. */
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
    if (Math.max(brackets, indicators) > MAX_DEPTH) throw tooDeep("YAML", file);
  }
}

const INDICATORS: readonly string[] = ["seq-item-ind", "explicit-key-ind", "map-value-ind"];

function valueOf(node: unknown, file: string, values: Nesting): unknown {
  if (node === null) return null;
  if (isScalar(node)) return node.value;
  if (!isSeq(node) && !isMap(node))
    throw new NextpixelError("FORMAT", `${file}: expected YAML without references (*name)`);
  values.enter();
  const value = isSeq(node)
    ? node.items.map((item) => valueOf(item, file, values))
    : // Not assigned one by one, as "__proto__" would not become a key.
      Object.fromEntries(
        node.items.map(({ key, value }) => {
          const name = keyOf(key, file);
          values.name(name);
          return [name, valueOf(value, file, values)];
        }),
      );
  values.leave();
  return value;
}

/** A key is the text as written, also if it is a number: 01 and 1 are two keys. */
function keyOf(key: unknown, file: string): string {
  if (isScalar(key) && key.value !== null) return key.source ?? String(key.value);
  throw new NextpixelError("FORMAT", `${file}: expected YAML with keys that are text`);
}

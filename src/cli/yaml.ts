import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { expected, NextpixelError, shortened } from "../basics/errors.ts";
import { MAX_DEPTH } from "../files/json.ts";
import { decodeText } from "../files/text.ts";

/** The parser compares every key with all others: a megabyte of them would take minutes. */
export const MAX_YAML_BYTES = 2 ** 16;

/**
 * The value of YAML that may come from anywhere: of the language no more than what JSON has too, and so no references, which make
 * much out of little, and no keys that are no text. FORMAT error that names `file` if it is something else.
 */
export function parseYaml(bytes: Uint8Array, file: string): unknown {
  const text = decodeText(bytes, file);
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    resolveKnownTags: false,
    prettyErrors: false,
  });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) {
    const line = text.slice(0, fault.pos[0]).split("\n").length;
    throw new NextpixelError("FORMAT", `${file}: line ${line}: ${shortened(fault.message)}`, { cause: fault });
  }
  return valueOf(document.contents, file, 0);
}

function valueOf(node: unknown, file: string, depth: number): unknown {
  if (depth > MAX_DEPTH) throw expected("FORMAT", `YAML nested at most ${MAX_DEPTH} deep`, file, "more");
  if (node === null) return null;
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item) => valueOf(item, file, depth + 1));
  if (!isMap(node)) throw new NextpixelError("FORMAT", `${file}: expected YAML without references (*name)`);
  // Not assigned one by one, as "__proto__" would not become a key.
  return Object.fromEntries(
    node.items.map(({ key, value }) => [keyOf(key, file), valueOf(value, file, depth + 1)]),
  );
}

/** A key is what is written, also where a number is: 01 and 1 are two. */
function keyOf(key: unknown, file: string): string {
  if (isScalar(key) && key.value !== null) return key.source ?? String(key.value);
  throw new NextpixelError("FORMAT", `${file}: expected YAML with keys that are text`);
}

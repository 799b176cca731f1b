import { extname } from "node:path";
import type { Argument, Command, Option } from "commander";
import { NextpixelError, shortened } from "../basics/errors.ts";
import { readBounded } from "../files/bounded-read.ts";
import { parseJson } from "../files/json.ts";
import { COMMON_KEYS } from "./arguments.ts";
import { RANK_KEYS } from "./rank.ts";
import { MAX_YAML_BYTES, parseYaml } from "./yaml.ts";

interface Format {
  readonly parse: (bytes: Uint8Array, file: string) => unknown;
  readonly maxBytes: number;
}

const JSON_FORMAT: Format = { parse: parseJson, maxBytes: 2 ** 20 };
const YAML_FORMAT: Format = { parse: parseYaml, maxBytes: MAX_YAML_BYTES };
/** How files are read, by the ending of their names. */
const FORMATS: ReadonlyMap<string, Format> = new Map([
  [".json", JSON_FORMAT],
  [".yaml", YAML_FORMAT],
  [".yml", YAML_FORMAT],
]);

/** Options about how a command runs, not about its result. */
const LEFT_OUT: readonly string[] = ["config", ...RANK_KEYS, ...COMMON_KEYS];

/** How options relate to one another, by their keys. */
export interface Relations {
  /** Options that cannot be given together. */
  readonly exclusive: readonly (readonly [string, string])[];
  /**
   * Options of the file that do not count if this option is typed with another value: they belong to the file's value.
   */
  readonly replaced: Readonly<Record<string, readonly string[]>>;
  /** What an option is that the file leaves open, where that depends on the file's others. */
  readonly implied: Readonly<Record<string, (of: (key: string) => unknown) => unknown>>;
  /** Turns the content of a file into options, if it is something else, such as a run's configuration. */
  readonly translate: (content: object, file: string) => object;
}

/**
 * Gives a command the options of a configuration file that the command line does not have. They are read like those of
 * the command line. The file's keys are the long options in camel case, such as `evalEvery`, and the names of
 * arguments, which become options.
 *
 * @throws NOT_FOUND if the file cannot be read; FORMAT that names file and key if a value is wrong.
 */
export async function applyConfigFile(
  command: Command,
  file: string,
  { exclusive, replaced, implied, translate }: Relations,
): Promise<void> {
  const known = new Map<string, Option | Argument>([
    ...command.registeredArguments.map((argument) => [argument.name(), argument] as const),
    ...command.options.map((option) => [option.attributeName(), option] as const),
  ]);
  for (const key of LEFT_OUT) known.delete(key);
  const found = Object.entries(translate(await readConfigFile(file), file));
  const values = new Map(found.map(([key, value]) => [key, valueOf(file, key, value, known)]));
  for (const [a, b] of exclusive) {
    if (values.has(a) && values.has(b)) throw wrong(file, b, `expected none beside ${a}`, values.get(b));
  }

  for (const key of known.keys()) {
    if (command.getOptionValueSource(key) !== "cli") continue;
    const ownOf = (key: string): unknown =>
      values.get(key) ?? implied[key]?.(ownOf) ?? known.get(key)!.defaultValue;
    const isAnother = command.getOptionValue(key) !== ownOf(key);
    const others = exclusive.filter((pair) => pair.includes(key)).flat();
    for (const other of [key, ...others, ...(isAnother ? (replaced[key] ?? []) : [])]) values.delete(other);
  }
  for (const [key, value] of values) command.setOptionValueWithSource(key, value, "config");
}

async function readConfigFile(file: string): Promise<object> {
  const format = FORMATS.get(extname(file));
  if (!format) {
    const endings = [...FORMATS.keys()].join(" or ");
    throw new NextpixelError(
      "FORMAT",
      `expected the name of a configuration file to end in ${endings}, received ${file}`,
    );
  }
  const content = format.parse(await readBounded(file, format.maxBytes), file);
  if (typeof content === "object" && content !== null && !Array.isArray(content)) return content;
  throw new NextpixelError("FORMAT", `${file}: expected an object of options, received ${asJson(content)}`);
}

/** The value of an option, read by the option's own parser. */
function valueOf(
  file: string,
  key: string,
  value: unknown,
  known: ReadonlyMap<string, Option | Argument>,
): unknown {
  const target = known.get(key);
  if (!target) throw wrong(file, key, `expected one of ${[...known.keys()].join(", ")}`);
  if ("isBoolean" in target && target.isBoolean()) {
    if (typeof value === "boolean") return value;
    throw wrong(file, key, "expected true or false", value);
  }
  const { parseArg } = target;
  if (!parseArg) {
    if (typeof value === "string") return value;
    throw wrong(file, key, "expected text", value);
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0 || !values.every((one) => typeof one === "string" || typeof one === "number")) {
    throw wrong(file, key, "expected a number or text", value);
  }
  try {
    // A list is one of an option whose values are separated by commas.
    return parseArg(values.join(","), undefined);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NextpixelError("FORMAT", `${file}: ${key}: ${asJson(value)}: ${shortened(reason)}`, { cause });
  }
}

function wrong(file: string, key: string, what: string, ...received: unknown[]): NextpixelError {
  const values = received.map((value) => `, received ${asJson(value)}`);
  return new NextpixelError("FORMAT", `${file}: ${shortened(key)}: ${what}${values.join("")}`);
}

const asJson = (value: unknown): string => shortened(JSON.stringify(value));

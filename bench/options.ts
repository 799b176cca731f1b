import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { expected } from "../src/basics/errors.ts";
import { flagOf, whole } from "../src/cli/arguments.ts";
import { TRAIN_DEFAULTS } from "../src/train/defaults.ts";
import type { Clock } from "./contestants.ts";
import { family, type BenchNetwork } from "./networks.ts";

/** An option of a benchmark. */
export interface Option<Value> {
  /** What it takes, or what it is if it is not given: for the usage. */
  readonly usage: string;
  /** Whether it may be given several times. */
  readonly isList: boolean;
  /** Its value, of what was given; `flag` is its name in errors. */
  read(given: readonly string[], flag: string): Value;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

export type ValuesOf<Given extends Options> = {
  readonly [Name in keyof Given]: Given[Name] extends Option<infer Value> ? Value : never;
};

const one = <Value>(
  fallback: Value,
  read: (text: string, flag: string) => Value,
  usage = String(fallback),
): Option<Value> => ({
  usage,
  isList: false,
  read: ([given], flag) => (given === undefined ? fallback : read(given, flag)),
});

const list = <Value, Fallback>(
  fallback: Fallback,
  read: (text: string, flag: string) => Value,
  usage: string,
): Option<Value[] | Fallback> => ({
  usage: `${usage} ..`,
  isList: true,
  read: (given, flag) => (given.length === 0 ? fallback : given.map((text) => read(text, flag))),
});

export const text = (fallback: string): Option<string> => one(fallback, (given) => given);
export const optionalText = (usage: string): Option<string | undefined> =>
  one<string | undefined>(undefined, (given) => given, usage);
export const texts = (fallback: readonly string[]): Option<readonly string[]> =>
  list(fallback, (given) => given, fallback[0]!);

/** A whole number of at least `least`. */
export const count = (fallback: number, least = 1): Option<number> =>
  one(fallback, (given, flag) => whole(flag, least)(given));

/** A number above 0. */
export const amount = (fallback: number): Option<number> => one(fallback, positive);
export const optionalAmount = (usage: string): Option<number | undefined> =>
  one<number | undefined>(undefined, (given, flag) => positive(given, flag), usage);
export const amounts = (fallback: readonly number[]): Option<readonly number[]> =>
  list(fallback, positive, String(fallback[0]));

/** Models, with sizes of their own if they are not as they come: see `family`. */
export const networks = <Fallback extends readonly BenchNetwork[] | undefined>(
  fallback: Fallback,
): Option<readonly BenchNetwork[] | Fallback> => list(fallback, family, "NAME[:SIZE=N,..]");

// Those that mean the same in all benchmarks.
export const BATCH = count(TRAIN_DEFAULTS.batch);
export const THREADS = count(availableParallelism());
export const CLOCK: Option<Clock> = one<Clock>("wall", clockOf, "wall|processor");

function clockOf(given: string, flag: string): Clock {
  if (given === "wall" || given === "processor") return given;
  throw expected("ARGUMENT", "wall or processor", flag, given);
}

function positive(given: string, flag: string): number {
  const value = Number(given);
  if (value > 0 && value < Infinity) return value;
  throw expected("ARGUMENT", "a number above 0", flag, given);
}

/** As "[--rounds 12] [--model NAME ..]". */
export const usageOf = (options: Options): string =>
  Object.entries(options)
    .map(([name, { usage }]) => `[${flagOf(name)} ${usage}]`)
    .join(" ");

/**
 * The values of options, and the other arguments if there may be such.
 *
 * @throws ARGUMENT if a value does not fit; TypeError, with a code, if there is no such option
 */
export function valuesOf<Given extends Options>(
  args: readonly string[],
  options: Given,
  allowPositionals: boolean,
): { values: ValuesOf<Given>; positionals: readonly string[] } {
  const keyOf = (name: string) => flagOf(name).slice("--".length);
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals,
    options: Object.fromEntries(
      Object.entries(options).map(([name, { isList }]) => [
        keyOf(name),
        { type: "string", multiple: isList },
      ]),
    ),
  });
  const read = Object.entries(options).map(([name, option]) => {
    const given = values[keyOf(name)] as string | string[] | undefined;
    return [name, option.read(given === undefined ? [] : [given].flat(), flagOf(name))];
  });
  return { values: Object.fromEntries(read) as ValuesOf<Given>, positionals };
}

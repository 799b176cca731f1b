import { expected, numberFrom } from "../basics/errors.ts";

/** A number that a model is trained with, beside its sizes: the weight of a term of its loss, say. */
export interface NumberSetting {
  readonly default: number;
  readonly least: number;
  readonly largest: number;
  /** What it does, as the help of the command line says it. */
  readonly about: string;
}

/** One of several ways to train a model, by its name. */
export interface ChoiceSetting {
  readonly default: string;
  readonly choices: readonly string[];
  readonly about: string;
}

export type Setting = NumberSetting | ChoiceSetting;

/** The values of a model's settings, by their names. */
export type Settings = Readonly<Record<string, number | string>>;

/** Values to put in the place of the defaults. */
export type GivenSettings = Readonly<Record<string, number | string | undefined>>;

/**
 * The settings of the model of that name: those given, the others by default.
 * @throws ARGUMENT if it has no such setting, listing those that it has, or if a value is out of its range.
 */
export function settingsFrom(
  model: string,
  known: Readonly<Record<string, Setting>>,
  given: GivenSettings,
): Settings {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(known, name)) continue;
    throw expected("ARGUMENT", Object.keys(known).join(" or ") || "none", `a setting of ${model}`, name);
  }
  return Object.fromEntries(
    Object.entries(known).map(([name, setting]) => [name, checked(name, setting, given[name])]),
  );
}

function checked(name: string, setting: Setting, value: number | string | undefined): number | string {
  if (value === undefined) return setting.default;
  if ("choices" in setting) {
    if (setting.choices.includes(value as string)) return value;
    throw expected("ARGUMENT", setting.choices.join(" or "), name, value);
  }
  return numberFrom(value as number, name, setting.least, setting.largest);
}

import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import { Command, CommanderError, type Option } from "commander";
import { expected, NextpixelError } from "../basics/errors.ts";
import { hasOwnName } from "../data/formats/all.ts";
import { unlessMissing } from "../files/system-error.ts";
import { modelByName, MODELS } from "../models/by-name.ts";
import type { TrainOptionsForm } from "../studio/server/api.ts";
import type { TrainField } from "../studio/runs-api.ts";
import { COMMON_KEYS } from "./arguments.ts";
import { withTrainOptions } from "./train-options.ts";

/** What the studio decides itself, what starts over, and what would read any file. */
const NOT_IN_FORMS: readonly string[] = [
  "config",
  "out",
  "force",
  "resume",
  "findLr",
  "tokenizer",
  "views",
  ...COMMON_KEYS,
];

/** The data set is an argument, and no option. */
const DATASET = "dataset";
/** Fields that name pictures. */
const OF_PICTURES: readonly string[] = [DATASET, "valid", "condition"];

/**
 * The form that starts trainings, made of the options of `nextpixel train`.
 *
 * @param folder Pictures that are no data set with a name must be in this folder.
 */
export function trainForm(folder: string): TrainOptionsForm {
  const { registeredArguments, options } = withTrainOptions(new Command());
  const [dataset] = registeredArguments;
  const fields: TrainField[] = [
    { key: DATASET, label: "Data set", about: dataset!.description, kind: "text" },
    ...options.filter((option) => !NOT_IN_FORMS.includes(option.attributeName())).map(fieldOf),
  ];

  return {
    fields,
    async wordsOf(run, values) {
      for (const [key, value] of Object.entries(values)) {
        checkValue(fields, key, value);
        if (OF_PICTURES.includes(key)) await checkPlace(folder, key, String(value));
      }
      const { [DATASET]: pictures, ...flags } = values;
      if (pictures === undefined) throw new NextpixelError("ARGUMENT", "expected a data set");
      const given = options.filter((option) => Object.hasOwn(flags, option.attributeName()));
      const words = given.map((option) => {
        const value = flags[option.attributeName()]!;
        return value === true ? option.long! : `${option.long}=${value}`;
      });
      checkWords([...words, String(pictures)]);
      return ["train", `--out=${run}`, ...words, "--", String(pictures)];
    },
    resumeWords: (run, steps) => [
      "train",
      "--resume",
      `--out=${run}`,
      ...(steps === undefined ? [] : [`--steps=${steps}`]),
    ],
  };
}

/** An option of the command line as a field. */
function fieldOf(option: Option): TrainField {
  const key = option.attributeName();
  const models = modelsWith(key, option.description);
  const choices = key === "model" ? MODELS.names() : option.argChoices;
  return {
    key,
    label: option.long!,
    // Files that define a model are for the command line alone.
    about: key === "model" ? "" : option.description,
    kind: option.isBoolean() ? "switch" : "text",
    ...(choices && { choices }),
    ...(option.defaultValue !== undefined && { byDefault: String(option.defaultValue) }),
    ...(models && { models }),
  };
}

type OfModel = NonNullable<TrainField["models"]>[string];

/** The models that have a size, setting or preset of that name; undefined if it is another option. */
function modelsWith(key: string, about: string): TrainField["models"] {
  const found = MODELS.names().flatMap((name): [string, OfModel][] => {
    const { defaults, settings, presets } = modelByName(name);
    if (key === "preset") return [[name, { about, choices: Object.keys(presets) }]];
    const size = (defaults as Readonly<Record<string, number>>)[key];
    if (size !== undefined) return [[name, { about: "", byDefault: String(size) }]];
    const setting = settings?.[key];
    if (setting === undefined) return [];
    const choices = "choices" in setting ? { choices: setting.choices } : {};
    return [[name, { about: setting.about, byDefault: String(setting.default), ...choices }]];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/** @throws ARGUMENT if there is no such field, or the value is none of its choices */
function checkValue(fields: readonly TrainField[], key: string, value: string | true): void {
  const field = fields.find((one) => one.key === key);
  if (field === undefined) throw expected("ARGUMENT", "an option of a training", "the form", key);
  // A file of that name would be executed, and a word that begins with a hyphen taken for an option.
  if (field.key === "model" && !field.choices!.includes(String(value)))
    throw expected("ARGUMENT", field.choices!.join(" or "), key, value);
  if ((field.kind === "switch") !== (value === true))
    throw expected("ARGUMENT", field.kind === "switch" ? "true" : "text", key, value);
  if (field.key === DATASET && String(value).startsWith("-"))
    throw expected("ARGUMENT", "a name or a path", key, value);
}

/** @throws ARGUMENT if a path leads out of the folder; NOT_FOUND if there is nothing */
async function checkPlace(folder: string, key: string, name: string): Promise<void> {
  if (await hasOwnName(name)) return;
  // A folder's splits have its name, and their own behind a colon.
  const places = [name, name.replace(/:[^:/\\]*$/, "")].map((place) => unlessMissing(realpath(place)));
  const [base, own, ofSplit] = await Promise.all([realpath(folder), ...places]);
  const path = own ?? ofSplit;
  if (path === undefined) throw expected("NOT_FOUND", "a data set or a path", key, name);
  if (path !== base && !path.startsWith(base.endsWith(sep) ? base : base + sep))
    throw new NextpixelError(
      "ARGUMENT",
      `expected pictures in ${base} for ${key}: start the studio with --data to open another folder`,
    );
}

/** Reads words as the command line will. @throws ARGUMENT that says what is wrong with them */
function checkWords(words: readonly string[]): void {
  const command = withTrainOptions(new Command("train"));
  try {
    command
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .parse(words, { from: "user" });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    throw new NextpixelError("ARGUMENT", cause.message.replace(/^error: /, ""), { cause });
  }
}

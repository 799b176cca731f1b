import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { NextpixelError } from "../basics/errors.ts";
import { hasOwnName } from "../data/formats/all.ts";
import { familyOf } from "../families/by-name.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { checkFolderName } from "../files/folder-name.ts";
import { makeFolder } from "../files/make-folder.ts";
import { unlessMissing, writeError } from "../files/system-error.ts";
import { modelNamesOf } from "../models/by-name.ts";
import type { CheckpointChoice } from "../run/checkpoints.ts";
import { readRunConfig, type RunConfig } from "../run/config.ts";
import { validationAt } from "../run/metrics.ts";
import { CONFIG, isPacked, PACKED_WEIGHTS, TOKENIZER_FILE } from "../run/run-folder.ts";
import { encodeWeights, loadSavedModel, type SavedModel } from "../run/saved-model.ts";
import { readTokenizerFile } from "../run/tokenizer-file.ts";
import { exportOnnx } from "./export.ts";
import { checkLicense, modelCard, type ModelCard } from "./model-card.ts";
import { pngText } from "./png-text.ts";
import { gridFile } from "./sample-files.ts";
import { sample } from "./sample.ts";

/** What stands in `config.json` for the name of pictures that only one machine has. */
const NOT_PUBLISHED = "(not published)";

const SAMPLES = { count: 16, seed: 0 } as const;

export interface PackOptions {
  readonly checkpoint?: CheckpointChoice | undefined;
  /** The identifier of a licence, such as `mit`; the card leaves it open if it is not given. */
  readonly license?: string | undefined;
}

/** What the card calls the model, and how commands name it. */
export type PackedName = Pick<ModelCard, "name" | "source">;

/**
 * Writes a run as a folder for others, as the Hugging Face Hub expects it: see `packedFiles`. Returns the paths of its
 * files.
 *
 * @throws EXISTS if the folder has anything in it; ARGUMENT if it has the name of a file; WRITE; as `packedFiles`
 */
export async function pack(run: string, folder: string, options: PackOptions = {}): Promise<string[]> {
  await checkFolderName(folder, "the packed model", "the name of a folder");
  const there =
    (await unlessMissing(readdir(folder)).catch((cause: unknown) => {
      throw writeError(folder, cause);
    })) ?? [];
  if (there.length > 0)
    throw new NextpixelError("EXISTS", `${JSON.stringify(folder)} is not empty: choose another folder`);
  // Where it is on this machine says nothing to others.
  const name = basename(resolve(folder));
  const files = await packedFiles(run, { name, source: `./${name}` }, options);
  const paths: string[] = [];
  for (const [name, content] of files) {
    const path = join(folder, name);
    await makeFolder(dirname(path)).catch((cause: unknown) => {
      throw writeError(path, cause);
    });
    await writeAtomically(path, content);
    paths.push(path);
  }
  return paths;
}

/**
 * The files of a packed model by their names: the card, samples, the averaged weights alone, the network, and an ONNX
 * file. None of them says where on this machine anything was.
 *
 * @throws ARGUMENT if the run is packed already, or the licence is none; NOT_FOUND, FORMAT as `loadSavedModel`
 */
export async function packedFiles(
  run: string,
  named: PackedName,
  { checkpoint, license }: PackOptions = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  checkLicense(license);
  if (await isPacked(run))
    throw new NextpixelError("ARGUMENT", `${run} is a packed model already: copy its folder`);
  const model = await loadSavedModel(run, checkpoint);
  const own = await readRunConfig(run);
  const config = await withoutLocalNames(own);
  const { can } = familyOf(model.config);
  const drawn = can.sample && (await sample(model, SAMPLES));
  const { onnx, ...about } = exportOnnx(model);
  const card = modelCard({
    ...named,
    config,
    step: model.step,
    license,
    figures: await figuresOf(run, model),
    hasPublicData: config.data.train === own.data.train,
    onnx: about,
    samples: drawn && SAMPLES,
    isOurs: modelNamesOf(config.family).includes(config.network.model),
  });
  const text = (content: string) => new TextEncoder().encode(content);
  // The weights come last: a folder that has them is complete.
  return new Map<string, Uint8Array>([
    ["README.md", text(card)],
    [CONFIG, text(`${JSON.stringify(config, null, 2)}\n`)],
    ...(drawn ? [["samples.png", gridFile(drawn, pngText(model, SAMPLES))] as const] : []),
    ["onnx/model.onnx", onnx],
    ...(model.config.tokenizer ? [[TOKENIZER_FILE, await readTokenizerFile(run)] as const] : []),
    [PACKED_WEIGHTS, encodeWeights(model)],
  ]);
}

/** The figures of the validation that a model's weights had, as far as the run tells. */
async function figuresOf(run: string, { config, step, best }: SavedModel): Promise<ModelCard["figures"]> {
  const values = { ...(best && { [best.name]: best.value }), ...(await validationAt(run, step)) };
  return familyOf(config)
    .evaluation(config, 1)
    .figures.filter(({ name }) => values[name] !== undefined)
    .map((figure) => ({ ...figure, value: values[figure.name]! }));
}

/** Texts in `data` that name no pictures. */
const NOT_NAMES: readonly string[] = ["layout"];

/** Any other text is the name of pictures, which may be a path: it stays only if it means the same everywhere. */
async function withoutLocalNames(config: RunConfig): Promise<RunConfig> {
  const data: [string, unknown][] = [];
  for (const [key, value] of Object.entries(config.data)) {
    const isKept = typeof value !== "string" || NOT_NAMES.includes(key) || (await hasOwnName(value));
    data.push([key, isKept ? value : NOT_PUBLISHED]);
  }
  return { ...config, data: Object.fromEntries(data) as RunConfig["data"] };
}

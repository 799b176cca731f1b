import { stringify } from "yaml";
import { expected } from "../basics/errors.ts";
import type { Figure } from "../programs/trainable.ts";
import type { RunConfig } from "../run/config.ts";
import type { ExportedOnnx } from "./export.ts";

/** What a model card tells. */
export interface ModelCard {
  /** What the model is called. */
  readonly name: string;
  /** What stands for the model in commands: a folder, or `hf:owner/name`. */
  readonly source: string;
  /** Without the names of what is on one machine only. */
  readonly config: RunConfig;
  readonly step: number;
  /** An identifier such as `mit`; the card leaves it open if it is not given. */
  readonly license: string | undefined;
  /** Of the validation pictures. */
  readonly figures: readonly (Figure & { readonly value: number })[];
  /** Whether the training pictures have a name that means the same everywhere. */
  readonly hasPublicData: boolean;
  readonly onnx: Pick<ExportedOnnx, "task" | "inputs" | "outputs">;
  /** The pictures in `samples.png`, and the seed that they were drawn of; undefined if the model draws none. */
  readonly samples: { readonly count: number; readonly seed: number } | undefined;
  /** Whether nextpixel knows the network, or a file of the user's defines it. */
  readonly isOurs: boolean;
}

/** Identifiers of licences, as the Hub and SPDX have them. */
const LICENSE = /^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$/;

/** Checks the identifier of a licence. @throws ARGUMENT */
export function checkLicense(license: string | undefined): void {
  if (license !== undefined && !LICENSE.test(license))
    throw expected("ARGUMENT", "an identifier such as mit or cc-by-4.0", "the license", license, "license");
}

/**
 * The text of a model card: YAML between two lines of `---`, which the Hub reads, and Markdown.
 * https://huggingface.co/docs/hub/model-cards
 */
export function modelCard(card: ModelCard): string {
  return `---\n${stringify(frontMatter(card))}---\n\n${sections(card).join("\n\n")}\n`;
}

const HUB_DATA = /^hf:([^/]+\/[^/:]+)/;

function frontMatter({ name, license, config, figures, hasPublicData }: ModelCard): object {
  const { family, network, data } = config;
  const [, hubData] = HUB_DATA.exec(data.train) ?? [];
  return {
    library_name: "nextpixel",
    ...(license !== undefined && { license: license.toLowerCase() }),
    pipeline_tag: "unconditional-image-generation",
    tags: ["nextpixel", "image-generation", family, network.model, "onnx"],
    ...(hubData !== undefined && { datasets: [hubData] }),
    // The Hub demands a data set for each result.
    ...(hasPublicData &&
      figures.length > 0 && {
        "model-index": [
          {
            name,
            results: [
              {
                task: { type: "unconditional-image-generation" },
                dataset: { name: data.train, type: hubData ?? data.train, split: "validation" },
                metrics: figures.map((figure) => ({
                  type: figure.name,
                  name: `${figure.label} (validation)`,
                  value: figure.value,
                })),
              },
            ],
          },
        ],
      }),
  };
}

function sections(card: ModelCard): string[] {
  const { name, source, config, step, samples, isOurs } = card;
  const { network, data } = config;
  const { channels, rows, cols } = network.size;
  const own = isOurs ? "" : " --model network.js";
  const trainedOn = card.hasPublicData ? `on \`${data.train}\`` : "on pictures that are not published";
  return [
    `# ${name}`,
    `A network of the model \`${network.model}\` (family ${config.family}) for pictures of ${cols}x${rows} pixels, ` +
      `${channels} channel(s), ${network.levels} levels each. Trained by nextpixel ${config.nextpixel} ` +
      `for ${step} steps ${trainedOn}.`,
    ...(network.classes ? [`Its classes: ${network.classes.map((one) => one.name).join(", ")}.`] : []),
    ...(samples
      ? [
          "![Pictures drawn by the model](samples.png)",
          `*${samples.count} pictures of seed ${samples.seed}, not chosen.*`,
        ]
      : []),
    ...figureSection(card),
    "## How to use it",
    block("sh", [
      ...(samples
        ? [
            `npx nextpixel sample ${source}${own} --count ${samples.count} --seed ${samples.seed} --out samples.png`,
          ]
        : []),
      ...(card.onnx.task === "score" ? [`npx nextpixel score ${source}${own} <pictures>`] : []),
    ]),
    ...(isOurs ? [] : ["`network.js` stands for the file that defines the network, which is not in here."]),
    block("js", [
      `import { ImageModel${samples ? ", savePictures" : ""} } from "nextpixel";`,
      "",
      `const model = await ImageModel.load(${JSON.stringify(source)});`,
      ...(samples
        ? [
            `await savePictures("samples.png", await model.sample({ count: ${samples.count}, seed: ${samples.seed} }));`,
          ]
        : ['const { values } = await model.embed("pictures");']),
    ]),
    "## Files",
    [
      "- `model.safetensors`: the averaged weights, float32",
      "- `config.json`: the network, and how it was trained",
      `- \`onnx/model.onnx\`: the same for programs that run ONNX (operator set 17), from ${list(card.onnx.inputs)} ` +
        `to ${list(card.onnx.outputs)}`,
    ].join("\n"),
  ];
}

function figureSection({ figures, config: { data } }: ModelCard): string[] {
  if (figures.length === 0) return [];
  const lines = figures.map(
    (one) =>
      `| ${one.label} | ${one.value.toFixed(one.decimals)} | ${one.lowerIsBetter ? "lower" : "higher"} |`,
  );
  return [
    "## Figures",
    ["| of the validation pictures | | better |", "|---|---|---|", ...lines].join("\n"),
    `Validation pictures: ${typeof data.valid === "string" ? `\`${data.valid}\`` : `${100 * data.valid} % of the training set, held out`}. ` +
      "The validation chooses which weights are kept, so these are not test figures.",
  ];
}

const block = (language: string, lines: readonly string[]): string =>
  ["```" + language, ...lines, "```"].join("\n");

const list = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, about]) => `\`${name}\` (${about})`)
    .join(", ");

import { namesOf } from "../data/classes.ts";
import type { ModelConfig } from "../models/model.ts";
import type { Settings } from "../models/settings.ts";
import type { NetworkExplanation, SamplerInfo } from "../programs/network-explanation.ts";
import type { FieldConfig } from "../programs/field.ts";
import type { NetworkConfig } from "../programs/network.ts";
import type { ReceptiveField } from "../graph/receptive-field.ts";
import type { NetworkInfo } from "../tasks/info.ts";

/** What is known of a network, and the presets of its model if they are of interest, for people. */
export function infoText(
  network: NetworkConfig & { readonly presets?: Readonly<Record<string, ModelConfig>> },
  info: NetworkInfo,
): string {
  const {
    model,
    modelConfig,
    settings,
    likelihood,
    levels,
    size,
    classes = [],
    field,
    positions,
    differences,
    presets = {},
    tokenizer,
  } = network;
  return [
    `${model}: ${size.cols}x${size.rows}, ${size.channels} channel(s), ${levels} levels${likelihood === undefined ? "" : `, ${likelihood} likelihood`}`,
    ...(classes.length > 0 ? [`${classes.length} classes: ${namesOf(classes)}`] : []),
    ...(tokenizer
      ? [`draws codes of the tokenizer ${tokenizer.model}: ${valuesText(tokenizer.modelConfig)}`]
      : []),
    ...(field ? [`${fieldText(field)}, by a network of width ${field.width} and depth ${field.depth}`] : []),
    ...(positions ? ["told the row and column of each pixel"] : []),
    ...(differences ? ["predicts how pixels differ from the mean of those beside and above"] : []),
    `sizes: ${valuesText(modelConfig)}`,
    ...(field?.kind === "coarse" && field.sizes
      ? [`sizes of the networks of larger pictures: ${valuesText({ ...modelConfig, ...field.sizes })}`]
      : []),
    ...(settings ? [`settings: ${valuesText(settings)}`] : []),
    ...Object.entries(presets).map(([name, sizes]) => `preset ${name}: ${valuesText(sizes)}`),
    `${info.parameters} parameters:`,
    ...layerLines(info),
    ...(isExplained(info) ? explanationLines(info) : []),
  ].join("\n");
}

/** What a network is told in advance. */
function fieldText(field: FieldConfig): string {
  if (field.kind === "known") return "told of all known pixels";
  if (field.kind === "picture") return `told of another picture of ${field.channels} channel(s)`;
  return `coarse to fine, ${field.halvings} halving(s), each told of the picture before`;
}

const isExplained = (info: NetworkInfo): info is NetworkInfo & NetworkExplanation =>
  info.sampler !== undefined;

const explanationLines = (info: NetworkExplanation): string[] => [
  `${rounded(info.multiplyAddsPerPixel)} multiply-adds per pixel in a full pass; when it is drawn:`,
  ...samplerLines(info.sampler),
  ...fieldLines(info),
];

const valuesText = (values: ModelConfig | Settings): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const rounded = (value: number): string => Math.round(value).toLocaleString("en");

function layerLines({ layers }: NetworkInfo): string[] {
  const width = Math.max(...layers.map(({ name }) => name.length));
  return layers.map(
    ({ name, shape, count }) => `  ${name.padEnd(width)}  ${`[${shape.join(", ")}]`.padEnd(18)} ${count}`,
  );
}

const kib = (bytes: number): string => (bytes / 1024).toFixed(0);

function samplerLines({ multiplyAddsPerPixel, bytesPerPicture, bytes }: SamplerInfo): string[] {
  const { row, pixel, colours, after, rowEnd } = multiplyAddsPerPixel;
  const all: readonly (readonly [when: string, multiplyAdds: number])[] = [
    ["with the whole row, before it is begun", row],
    [colours.length > 0 ? "before its first colour is drawn" : "before it is drawn", pixel],
    ...colours.map((work, i) => [`before its colour ${i + 2} is drawn`, work] as const),
    ["when it is known", after],
    ["with the whole row, when that is known", rowEnd],
  ];
  const phases = all.filter(([, work]) => work > 0);
  const width = Math.max(...phases.map(([when]) => when.length));
  const digits = Math.max(...phases.map(([, work]) => rounded(work).length));
  return [
    ...phases.map(([when, work]) => `  ${when.padEnd(width)}  ${rounded(work).padStart(digits)}`),
    `  ${kib(bytesPerPicture)} KiB remembered of a picture, ${kib(bytes)} KiB with weights and tables in each thread`,
  ];
}

/** Where not all pixels see the same. */
function phaseLines({ period: [rows, cols], pixel }: ReceptiveField): string[] {
  if (rows === 1 && cols === 1) return [];
  return [
    `that of the pixel in row ${pixel.row} and column ${pixel.col} of each ${cols}x${rows}; the others see no more`,
  ];
}

function fieldLines({ receptiveField: field }: NetworkExplanation): string[] {
  if (!field) return ["sees no other pixel"];
  return [
    `receptive field: ${field.pixels} pixels, up to ${field.above} rows above, ${field.left} columns to the left and ` +
      `${field.right} to the right; blind spot: ${field.blindPixels} pixels`,
    ...phaseLines(field),
    "(@ the pixel, # seen, . earlier but not seen)",
    field.drawing,
  ];
}

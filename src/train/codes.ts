import { join } from "node:path";
import { expected, NextpixelError } from "../basics/errors.ts";
import { readCodes } from "../data/formats/code-maps.ts";
import { memoryDataset, pictureLength, type Dataset, type PictureSize } from "../data/dataset.ts";
import { trainingOrder } from "../data/order.ts";
import { capability } from "../families/by-name.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { isThere } from "../files/bounded-read.ts";
import { makeFolder } from "../files/make-folder.ts";
import { unexpected } from "../files/unexpected.ts";
import { writeError } from "../files/system-error.ts";
import { encodeNpy } from "../pictures/npy.ts";
import { openForward } from "../programs/forward.ts";
import { openEncoder } from "../programs/latents.ts";
import { roundedLevels } from "../programs/picture-output.ts";
import type { RunConfig } from "../run/config.ts";
import { CODES } from "../run/run-folder.ts";
import type { Tokenizer } from "../run/tokenizer-file.ts";
import { cores } from "../runtime/workers/node.ts";
import { trainingBatches } from "./batches.ts";
import type { RequestPictures } from "./pictures.ts";

export interface CodesOptions {
  /** A run folder to keep the codes in, which are read from there if it has them. */
  readonly run?: string | undefined;
  readonly threads?: number | undefined;
  /** Ends the work with an INTERRUPTED error. */
  readonly signal?: AbortSignal | undefined;
}

/** Checks that pictures are such as a tokenizer takes. @throws ARGUMENT */
export function checkPictures({ model: { config } }: Tokenizer, { name, size, levels }: Dataset): void {
  const describe = (channels: number, count: number) =>
    `pictures with ${channels} channel(s) and ${count} levels`;
  const [wanted, received] = [describe(config.size.channels, config.levels), describe(size.channels, levels)];
  if (wanted !== received) throw expected("ARGUMENT", `${wanted}, those of the tokenizer,`, name, received);
}

/**
 * The codes of a training's pictures, as data sets of maps of codes: of so many views of each picture that is trained
 * on (see `TrainRequest.views`), and of the pictures to validate with as they are.
 *
 * @throws INTERRUPTED; WRITE; FORMAT if the codes in the run are damaged or of other pictures; as `Dataset.read`
 */
export async function codesOf(
  { train, valid }: RequestPictures,
  tokenizer: Tokenizer,
  config: RunConfig,
  options: CodesOptions,
): Promise<RequestPictures> {
  return {
    train: await codesOfViews("train", viewsOf(train, config), tokenizer, options),
    valid: await codesOfViews("valid", unchanged(valid), tokenizer, options),
  };
}

/** Pictures, some of them several times. */
interface Views {
  readonly of: Dataset;
  /** The number of each view's picture. */
  readonly indices: Uint32Array;
  /** Levels of views number * BATCH .. and the BATCH - 1 after them, or of those that there are. */
  read(number: number): Promise<Uint8Array>;
}

const BATCH = 32;

const unchanged = (of: Dataset): Views => ({
  of,
  indices: Uint32Array.from({ length: of.count }, (_, i) => i),
  read: (number) =>
    of.read(Array.from({ length: Math.min(BATCH, of.count - number * BATCH) }, (_, i) => number * BATCH + i)),
});

/** The views that the first epochs of a training would use. */
function viewsOf(
  of: Dataset,
  { data: { views = 1, crop, mirror = false }, training: { seed } }: RunConfig,
): Views {
  if (crop === undefined && !mirror) return unchanged(of);
  const batches = trainingBatches(of, { batch: BATCH, seed, crop: crop !== undefined, mirror });
  const indices = trainingOrder(of.count, seed)(0, of.count * views);
  return {
    of,
    indices,
    async read(number) {
      const { levels } = await batches(number);
      return levels.subarray(0, (indices.length - number * BATCH) * pictureLength(of.size));
    },
  };
}

async function codesOfViews(
  name: string,
  views: Views,
  { model }: Tokenizer,
  { run, ...options }: CodesOptions,
): Promise<Dataset> {
  const { of, indices } = views;
  const config = { ...model.config, size: of.size };
  const { channels, rows, cols, levels } = capability(config, "codes")(config);
  const size = { channels, rows, cols };
  const encoded = async () => {
    try {
      return await encodedViews(views, { ...model, config }, { size, levels }, options);
    } catch (cause) {
      // The signal's reason is of no use to people.
      if (!options.signal?.aborted) throw cause;
      const about = run === undefined ? [] : ["resume"];
      throw new NextpixelError("INTERRUPTED", "interrupted while codes were made", { cause, about });
    }
  };
  const pixels =
    run === undefined ? await encoded() : await kept(run, name, { size, levels, indices }, encoded);
  const { labels, classNames } = of;
  const own = labels && Int32Array.from(indices, (index) => labels[index]!);
  return memoryDataset({ name: `codes of ${of.name}`, size, levels, pixels, labels: own, classNames });
}

/** How maps of codes look. */
interface Maps {
  readonly size: PictureSize;
  readonly levels: number;
}

/** The codes that a run keeps, which are made if there are none. */
async function kept(
  run: string,
  name: string,
  { size, levels, indices }: Maps & Pick<Views, "indices">,
  encoded: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const folder = join(run, CODES);
  const file = join(folder, `${name}.npy`);
  const shape = [indices.length, size.channels, size.rows, size.cols];
  if (await isThere(file)) {
    const found = await readCodes(file, { channels: size.channels, levels });
    const received = [found.count, found.size.channels, found.size.rows, found.size.cols];
    if (String(received) === String(shape)) return found.codes;
    throw unexpected(file, `codes of the shape (${shape.join(", ")})`, `(${received.join(", ")})`);
  }
  const codes = await encoded();
  await makeFolder(folder).catch((cause: unknown) => {
    throw writeError(folder, cause);
  });
  await writeAtomically(file, encodeNpy(codes, shape));
  return codes;
}

async function encodedViews(
  { indices, read }: Views,
  model: Tokenizer["model"],
  { size, levels }: Maps,
  { threads, signal }: Omit<CodesOptions, "run">,
): Promise<Uint8Array> {
  const length = pictureLength(size);
  const codes = new Uint8Array(indices.length * length);
  const runtime = { cores: () => threads ?? cores(), openForward };
  const encoder = await openEncoder(capability(model.config, "latents"), model, BATCH, runtime);
  try {
    for (let number = 0; number * BATCH < indices.length; number++) {
      signal?.throwIfAborted();
      const [found] = await encoder.latents(await read(number));
      codes.set(roundedLevels(found!, levels), number * BATCH * length);
    }
    return codes;
  } finally {
    await encoder.close();
  }
}

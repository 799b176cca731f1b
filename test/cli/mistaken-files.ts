import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/run/checkpoint.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/run/safetensors.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { npyFile } from "../data/formats/npy-file.ts";
import { zipArchive } from "../data/formats/zip-archive.ts";
import { pngFile, pngFiles } from "./picture-files.ts";
import { jsonOf, runCli } from "./run-cli.ts";

export const TINY = ["--steps", "4", "--batch", "4", "--width", "2", "--depth", "1", "--threads", "1"];
export const CHECKPOINT = "checkpoints/best.safetensors";

type Files = Record<string, Uint8Array | string>;

/** The files that the mistakes are about, in a new folder, by the names that they have there. */
export async function mistakenFiles(): Promise<string> {
  const folder = await temporaryFolder({
    "file.txt": "text",
    "not-a-run/notes.txt": "mine",
    ...(await pictureFiles()),
    ...binaryFiles(),
    ...optionFiles(),
    ...hubFiles(),
  });
  await mkdir(join(folder, "empty"));
  await makeRuns(folder);
  return folder;
}

async function pictureFiles(): Promise<Files> {
  const bad = await pngFile(99, 6, 6);
  return {
    ...(await pngFiles("pictures", 10, 6, 6)),
    ...(await pngFiles("truncated", 10, 6, 6)),
    "truncated/bad.png": bad.subarray(0, bad.length - 30),
    ...(await pngFiles("garbage", 10, 6, 6)),
    "garbage/bad.png": "not a picture",
    ...(await pngFiles("sizes", 9, 6, 6)),
    "sizes/other.png": await pngFile(9, 7, 5),
    ...(await pngFiles("mixed", 2, 6, 6)),
    ...(await pngFiles("mixed/cat", 2, 6, 6)),
    "cats/cat/1.png": await pngFile(1, 8, 8, 1),
    "cats/dog/2.png": await pngFile(2, 8, 8, 1),
    "bitmap/not.png": Buffer.from("BM, as a Windows bitmap begins"),
    "mask-cut.png": (await pngFile(3, 8, 8)).subarray(0, -40),
  };
}

function binaryFiles(): Files {
  const idx = (dimensions: readonly number[], ...values: number[]) =>
    Uint8Array.of(0, 0, 8, dimensions.length, ...dimensions.flatMap((n) => [0, 0, 0, n]), ...values);
  return {
    "short-images-idx3-ubyte": idx([2, 4, 4], 1, 2, 3),
    "long-images-idx3-ubyte": idx([1, 1, 1], 1, 2),
    "none-images-idx3-ubyte": idx([0, 4, 4]),
    "header-images-idx3-ubyte": Uint8Array.of(0, 0, 8, 3, 0),
    "cut-images-idx3-ubyte.gz": gzipSync(idx([1, 2, 2], 1, 2, 3, 4)).subarray(0, -9),
    "two-images-idx3-ubyte": idx([2, 1, 1], 1, 2),
    "two-labels-idx1-ubyte": idx([3], 0, 1, 2),
    "odd-images-idx3-ubyte": idx([1, 1, 1], 1),
    "odd-labels-idx1-ubyte": "text",
    "floats.npy": npyFile([2, 2, 2], [0, 1, 0, 1, 0, 1, 0, 2], { descr: "<f4" }),
    "codes.npy": npyFile([1, 2, 1, 1], [0, 3]),
    "unclear.npy": npyFile([1, 3, 2, 3], Array<number>(18).fill(0)),
    "ab.npz": zipArchive({ "a.npy": npyFile([1, 1, 2], [0, 1]), "b.npy": npyFile([1, 1, 2], [0, 1]) }),
    "bad.zip": zipArchive({ "cat/bad.png": Buffer.from("not a picture") }),
    "cut.zip": zipArchive({ "cat/bad.png": Buffer.from("not a picture") }).subarray(0, -9),
    "cut.tar": Buffer.alloc(99),
    "told/a.png": "not a picture",
    "told/metadata.csv": "file_name,label\na.png,cat\nb.png,dog\n",
    "bad.bin": Buffer.alloc(3074),
    "labels.bin": Buffer.alloc(3073, 10),
    "names/data_batch_1.bin": Buffer.alloc(3073),
    "names/batches.meta.txt": "cat\ncat\n",
  };
}

const optionFiles = (): Files => ({
  "empty.json": "{}",
  "bad.json": '{"stepz": 3}',
  "cut.json": '{"steps": 3',
  "cut.yaml": "steps: [3",
  "list.json": "[3]",
  "list.yaml": "- steps",
  "null.json": '{"steps": null}',
  "switch.json": '{"gray": "yes"}',
  "text.json": '{"dataset": 5}',
  "both.json": '{"steps": 3, "epochs": 2}',
  "range.json": '{"lr": 0}',
  "choice.json": '{"likelihood": "normal"}',
  "large.json": " ".repeat(2 ** 20 + 1),
  "run.json": '{"format": 1, "network": 7}',
});

/** What is in the cache of data sets on the Hub. */
const hubFiles = (): Files => ({
  "cache/hf/me/size/default/train/0000.parquet": "text",
  "cache/hf/me/sum/default/train/0000.parquet": "text",
  "cache/hf-unpacked/me/no-place": "text",
});

/** Runs of a training, as it left them and damaged. */
async function makeRuns(folder: string): Promise<void> {
  const train = async (run: string, ...args: string[]) =>
    jsonOf(await runCli(["train", ...args, "--out", run, "--json"], { cwd: folder }));
  await train("run", "digits", ...TINY);
  await train("classes", "digits", "--class-conditional", ...TINY);
  const sizes = ["--width", "2", "--blocks", "1", "--layers", "1", "--key", "1", "--value", "1"];
  await train("snail", "digits", "--model", "pixelsnail", ...TINY.slice(0, 4), ...sizes, "--threads", "1");
  const codes = ["--downsampling", "4", "--code-channels", "2", "--code-levels", "3", "--blocks", "1"];
  await train("tokens", "digits", "--model", "fsq", ...TINY.slice(0, 6), ...codes, "--threads", "1");
  await train("prior", "digits", "--tokenizer", "tokens", ...TINY);

  const of = (run: string, file = "config.json") => join(folder, run, file);
  const config = await readFile(of("run"), "utf8");
  const best = await readFile(of("run", CHECKPOINT));
  const { tensors, metadata } = decodeSafetensors(best, "checkpoint");
  const damaged = async (run: string, text: string, checkpoint: Uint8Array) => {
    await mkdir(of(run, "checkpoints"), { recursive: true });
    await writeFile(of(run), text);
    await writeFile(of(run, CHECKPOINT), checkpoint);
  };
  const changed = (text: string | RegExp, by: string) => {
    const after = config.replace(text, by);
    if (after === config) throw new Error(`there is no ${text} in config.json`);
    return after;
  };
  await damaged("not-json", config.slice(0, -10), best);
  await damaged("no-lr", changed(/"lr": .*,/, ""), best);
  await damaged("no-model", changed('"pixelcnn"', '"pixelcnm"'), best);
  await damaged("no-likelihood", changed('"categorical"', '"normal"'), best);
  await damaged("other-size", changed('"width"', '"wide"'), best);
  await damaged("wide", changed('"width": 2', '"width": 100000'), best);
  await damaged("other-width", changed('"width": 2', '"width": 3'), best);
  await damaged("huge", changed('"rows": 8', '"rows": 1000000000'), best);
  await damaged("long", `${" ".repeat(2 ** 23)}${config}`, best);
  await damaged("cut", config, best.subarray(0, 5000));
  for (const [name, bytes] of Object.entries(damagedCheckpoints())) await damaged(name, config, bytes);
  await damaged("odd-step", config, encodeSafetensors(tensors, { ...metadata, step: "four" }));
  const { step, ...others } = decodeCheckpoint(best, "checkpoint");
  const oddNats = encodeCheckpoint({
    step,
    tensors,
    metadata: { ...others.metadata, figure: "nats", value: "few" },
  });
  for (const { data } of tensors.values()) data.fill(Number.NaN);
  await damaged("useless", config, encodeSafetensors(tensors, metadata));

  for (const name of [
    "bare",
    "renamed",
    "other-data",
    "no-file",
    "no-metrics",
    "no-events",
    "odd-nats",
    "looped",
  ])
    await cp(of("run", ""), of(name, ""), { recursive: true });
  await rm(of("bare", "checkpoints"), { recursive: true });
  await rm(of("looped", "checkpoints"), { recursive: true });
  await symlink("checkpoints", of("looped", "checkpoints"));
  await rm(of("renamed", CHECKPOINT));
  await rename(
    of("renamed", "checkpoints/step-00000004.safetensors"),
    of("renamed", "checkpoints/step-00000003.safetensors"),
  );
  await writeFile(of("odd-nats", CHECKPOINT), oddNats);
  await writeFile(of("other-data"), changed('"train": 3441', '"train": 3440'));
  await rm(of("no-file"));
  await mkdir(of("no-file"));
  await rm(of("no-metrics", "metrics.jsonl"));
  await mkdir(of("no-metrics", "metrics.jsonl"));
  await rm(of("no-events", "tensorboard"), { recursive: true });
  await symlink("nowhere/else", of("no-events", "tensorboard"));
}

/** Checkpoints with a header in which something is wrong, and what it is. */
function damagedCheckpoints(): Record<string, Uint8Array> {
  const withHeader = (header: string, valueBytes = 0): Uint8Array => {
    const text = Buffer.from(header);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, Buffer.alloc(valueBytes)]);
  };
  const entry = (shape = "[1]", offsets = "[0,4]", dtype = '"F32"') =>
    `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
  const tensor = (...args: Parameters<typeof entry>) => withHeader(`{"a":${entry(...args)}}`, 4);
  return {
    "short-file": Uint8Array.of(1, 2, 3),
    "long-header": Buffer.alloc(8, 0x7f),
    "text-header": withHeader("text"),
    "odd-metadata": withHeader('{"__metadata__":{"step":4}}'),
    "many-tensors": withHeader(`{${Array.from({ length: 65_537 }, (_, i) => `"${i}":0`).join()}}`),
    "same-names": withHeader(`{"a":${entry()},"a":${entry()}}`, 4),
    "no-entry": withHeader('{"a":{"dtype":"F32"}}'),
    "half-floats": tensor("[2]", "[0,4]", '"F16"'),
    "odd-dtype": tensor("[1]", "[0,4]", "7"),
    "odd-shape": tensor("[-1]"),
    "odd-offsets": tensor("[1]", "[0]"),
    "other-offsets": tensor("[2]"),
    gap: tensor("[0]", "[4,4]"),
    rest: withHeader(`{"a":${entry()}}`, 8),
  };
}

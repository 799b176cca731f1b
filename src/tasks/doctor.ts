import { access, constants, statfs } from "node:fs/promises";
import { freemem } from "node:os";
import { dirname } from "node:path";
import { loadMpi } from "../cluster/library.ts";
import { cacheFolder } from "../fetch/settings.ts";
import { add, input } from "../graph/language.ts";
import { GPU_ADVICE } from "../runtime/device.ts";
import { openSession } from "../runtime/ort.ts";
import { FREE_MEMORY, openKernels } from "../runtime/step/kernels.ts";
import { findGpu } from "../runtime/workers/gpu.ts";
import { cores, machineMemory } from "../runtime/workers/node.ts";

/** What was found of something that nextpixel needs. */
export interface Finding {
  readonly what: string;
  /** "warning": works, but not for everything; "error": nothing that needs it works. */
  readonly state: "ok" | "warning" | "error";
  readonly found: string;
  /** What would mend it. */
  readonly advice?: string;
}

const OLDEST_NODE = [20, 19] as const;
const GIB = 2 ** 30;
/** Training a network of moderate size takes about half of this. */
const ENOUGH_MEMORY = GIB;
const ENOUGH_DISK = GIB;

/** Looks at all that nextpixel needs of the machine, by using it. Never throws: what fails is a finding. */
export const examine = (): Promise<Finding[]> =>
  Promise.all([
    node(),
    attempt("ONNX Runtime", onnxRuntime, ONNX_ADVICE),
    gpu(),
    attempt(
      "WebAssembly SIMD",
      simd,
      "sampling needs it: use a newer Node, and none that runs with --jitless",
    ),
    mpi(),
    attempt("sharp", sharp, "pictures need it: run npm install sharp, with optional dependencies"),
    threads(),
    memory(),
    attempt("disk", () => disk("."), "run nextpixel in a folder that can be written to"),
    attempt("cache", cache, "set NEXTPIXEL_CACHE to a folder that can be written to"),
  ]);

const ONNX_ADVICE =
  "training and scoring need it: its install script downloads CUDA and fails where the network is closed; " +
  "remove node_modules and run ONNXRUNTIME_NODE_INSTALL=skip npm install";

async function attempt(
  what: string,
  check: () => Promise<Omit<Finding, "what" | "state"> & Partial<Pick<Finding, "state">>>,
  advice: string,
): Promise<Finding> {
  try {
    return { what, state: "ok", ...(await check()) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { what, state: "error", found: message.split("\n")[0]!, advice };
  }
}

function node(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isNewEnough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  const found = `${version}, ${process.platform} ${process.arch}`;
  if (isNewEnough) return { what: "Node", state: "ok", found };
  return { what: "Node", state: "error", found, advice: `install Node ${OLDEST_NODE.join(".")} or later` };
}

/** Adds two numbers with it. */
async function onnxRuntime() {
  const x = input("x", [1]);
  const session = await openSession({ name: "doctor", outputs: { sum: add(x, x) } });
  const { sum } = await session.run({ x: Float32Array.of(21) });
  await session.close();
  if (sum![0] !== 42) throw new Error(`21 + 21 gave ${sum![0]}`);
  return { found: "computes on the CPU" };
}

async function gpu(): Promise<Finding> {
  const answer = await findGpu();
  if (answer.answers && !answer.isSoftware)
    return { what: "GPU", state: "ok", found: `${answer.name}; train on it with --device webgpu` };
  const found = answer.answers
    ? `none but software (${answer.name}), slower than the CPU`
    : `none answers, training uses the CPU (${answer.reason})`;
  return { what: "GPU", state: "warning", found, advice: `if there is one, ${GPU_ADVICE}` };
}

async function simd() {
  await openKernels(FREE_MEMORY);
  return { found: "the sampler's kernels load" };
}

/** Not needed on one machine. */
async function mpi(): Promise<Finding> {
  try {
    return { what: "MPI", state: "ok", found: (await loadMpi()).version };
  } catch (error) {
    const advice = error instanceof Error ? error.message : String(error);
    return { what: "MPI", state: "warning", found: "none, training uses one machine", advice };
  }
}

async function sharp() {
  const { default: picture } = await import("sharp");
  const create = { width: 2, height: 2, channels: 3, background: "red" } as const;
  await picture(await picture({ create }).png().toBuffer())
    .raw()
    .toBuffer();
  return { found: `libvips ${picture.versions.vips}` };
}

function threads(): Finding {
  const count = cores();
  return { what: "threads", state: "ok", found: String(count) };
}

function memory(): Finding {
  const all = machineMemory();
  const free = Math.min(freemem(), all);
  const found = `${gib(free)} free of ${gib(all)}`;
  if (free >= ENOUGH_MEMORY) return { what: "memory", state: "ok", found };
  const advice = "train smaller networks, or with a smaller --batch";
  return { what: "memory", state: "warning", found, advice };
}

async function disk(folder: string) {
  await access(folder, constants.W_OK);
  const { bavail, bsize } = await statfs(folder);
  const found = `${gib(bavail * bsize)} free`;
  if (bavail * bsize >= ENOUGH_DISK) return { found };
  return {
    state: "warning" as const,
    found,
    advice: "a run takes four times the size of its weights for each checkpoint",
  };
}

async function cache() {
  const folder = cacheFolder();
  await access(await existing(folder), constants.W_OK);
  return { found: folder };
}

/** The folder, or the first one above it that there is. */
async function existing(folder: string): Promise<string> {
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : existing(dirname(folder));
}

const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;

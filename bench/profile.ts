import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sizeOf } from "../src/graph/shapes.ts";
import type { Program } from "../src/lower/onnx/lower.ts";
import { gradientProgram } from "../src/programs/gradient-program.ts";
import { updateProgram } from "../src/programs/update-program.ts";
import { compile, loadRuntime, SESSION_OPTIONS } from "../src/runtime/ort.ts";
import { describe, trainable, type BenchNetwork } from "./networks.ts";

const WARM_UP_STEPS = 3;

/** What operators do, by their names. All others compute element by element, or reduce. */
const KINDS: Readonly<Record<string, RegExp>> = {
  "matrix products": /Conv|MatMul|Gemm/,
  "moves in memory":
    /Transpose|Reshape|Concat|Split|Slice|Pad|Gather|Reorder|Expand|Identity|Squeeze|DepthToSpace|SpaceToDepth|Memcpy/,
};
const ELEMENTWISE = "elementwise";

/** An event of ONNX Runtime's profiler, in microseconds. */
interface ProfilerEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

/**
 * Prints where a training step's time goes, on one thread: the gradient and the update of each part, and in them the
 * kinds of operators, the operators that take most, and the runtime between operators.
 */
export async function benchProfile(
  networks: readonly BenchNetwork[],
  { batch, steps }: { readonly batch: number; readonly steps: number },
): Promise<void> {
  for (const network of networks) {
    const traced = trainable(network, batch);
    console.log(`\n${describe(network)}, batch ${batch}, one thread:`);
    for (const part of traced.parts)
      for (const program of [gradientProgram(traced, part), updateProgram(part)])
        report(program.name, steps, await profile(program, steps));
  }
}

/** What the profiler tells of so many runs of a program, without those that warm it up. */
async function profile(program: Program, steps: number): Promise<ProfilerEvent[]> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-profile-"));
  try {
    const ort = await loadRuntime();
    const { model, shapes } = await compile(program);
    const session = await ort.InferenceSession.create(model, {
      ...SESSION_OPTIONS,
      executionProviders: ["cpu"],
      intraOpNumThreads: 1,
      enableProfiling: true,
      profileFilePrefix: join(folder, "profile"),
    });
    const feeds = Object.fromEntries(
      [...shapes].map(([name, shape]) => [
        name,
        new ort.Tensor(
          "float32",
          // Small and of both signs: numbers that are all alike, or infinite, can be faster or slower.
          Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i) / 10),
          shape,
        ),
      ]),
    );
    for (let i = 0; i < WARM_UP_STEPS + steps; i++) await session.run(feeds);
    session.endProfiling();
    await session.release();
    const [file] = await readdir(folder);
    const events = JSON.parse(await readFile(join(folder, file!), "utf8")) as ProfilerEvent[];
    const runs = events.flatMap(({ name }, i) => (name === "model_run" ? [i] : []));
    // A run's own event comes after those of its operators.
    return events.slice(runs[WARM_UP_STEPS - 1]! + 1);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function report(name: string, steps: number, events: readonly ProfilerEvent[]): void {
  const total = sum(events.filter((event) => event.name === "model_run"));
  const kernels = events.filter((event) => event.cat === "Node" && event.name.endsWith("_kernel_time"));
  const byOperator = new Map<string, ProfilerEvent[]>();
  for (const event of kernels) {
    const operator = event.args?.op_name ?? event.name;
    byOperator.set(operator, [...(byOperator.get(operator) ?? []), event]);
  }
  const operators = [...byOperator].map(([operator, all]) => ({
    operator,
    time: sum(all),
    count: all.length / steps,
    kind: Object.keys(KINDS).find((kind) => KINDS[kind]!.test(operator)) ?? ELEMENTWISE,
  }));
  const share = (time: number) => `${((100 * time) / total).toFixed(0)} %`.padStart(5);
  console.log(`  ${name}: ${(total / steps / 1000).toFixed(2)} ms`);
  for (const kind of [...Object.keys(KINDS), ELEMENTWISE]) {
    const own = operators.filter((each) => each.kind === kind).toSorted((a, b) => b.time - a.time);
    const parts = own
      .slice(0, 6)
      .map(({ operator, time, count }) => `${operator} x ${count} ${share(time).trim()}`);
    console.log(`    ${share(sumOf(own))} ${kind} (${parts.join(", ")})`);
  }
  console.log(`    ${share(total - sum(kernels))} the runtime between operators`);
}

const sum = (events: readonly ProfilerEvent[]) => events.reduce((all, { dur }) => all + dur, 0);
const sumOf = (parts: readonly { readonly time: number }[]) => parts.reduce((all, { time }) => all + time, 0);

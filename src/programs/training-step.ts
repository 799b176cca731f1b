import { compile, openSession, type SessionOptions } from "../runtime/ort.ts";
import type { Values } from "../runtime/values.ts";
import { openDeviceSession } from "../runtime/webgpu.ts";
import { cores } from "../runtime/workers/node.ts";
import { openSessionThread } from "../runtime/workers/session.ts";
import type { Communicator } from "./communicator.ts";
import { divided } from "./shares.ts";
import { openStep, type TrainingStep } from "./step-engine.ts";
import type { Trainable } from "./trainable.ts";

export type { StepResult, TrainingStep } from "./step-engine.ts";

export interface TrainingStepOptions extends SessionOptions {
  /**
   * The number of shares that a batch is split into, at most one for each picture; 1 by default. With another number,
   * sums are rounded differently.
   */
  readonly shares?: number | undefined;
  /** Of the noise; 0 by default. */
  readonly seed?: number | undefined;
  /** Processes that share the work: each computes some of the shares, of which there are at least as many. */
  readonly world?: Communicator | undefined;
}

/**
 * The training step, compiled. A batch is split into shares. One thread for each share computes its gradient, forward
 * and backward, and the optimizer follows the mean. This is faster than all threads together at one operator after the
 * other: not every operator can be split, and no thread waits for another.
 *
 * @param build What is trained, for a number of pictures.
 */
export async function openTrainingStep(
  build: (pictures: number) => Trainable,
  batch: number,
  { shares: wanted = 1, threads = cores(), blocked, seed, world }: TrainingStepOptions = {},
): Promise<TrainingStep> {
  const shares = divided(batch, wanted);
  const own = Math.ceil(shares.length / (world?.size ?? 1));
  const each = { threads: Math.max(1, Math.floor(threads / own)) };
  return openStep(
    build,
    { batch, shares, seed, world },
    {
      atOnce: threads,
      prepare: (program) => compile(program, { blocked }),
      openGradient: async (compiled) => openSessionThread(await compiled, each),
      openUpdate: (program) => openSession(program, { threads, blocked }),
    },
  );
}

/**
 * The same on the GPU, where the state stays from step to step. Shares are computed one after the other. It blocks the
 * calling thread.
 *
 * @throws DEVICE, here and in every step, if no GPU answers or it fails.
 */
export async function openDeviceTrainingStep(
  build: (pictures: number) => Trainable,
  batch: number,
  { shares = 1, ...options }: Pick<TrainingStepOptions, "shares" | "seed" | "world"> = {},
): Promise<TrainingStep<Values>> {
  return openStep(
    build,
    { batch, shares: divided(batch, shares), ...options },
    {
      atOnce: 1,
      prepare: (program) => openDeviceSession(program, ["gradient"]),
      openGradient: (session) => session,
      openUpdate: (program, vectors) => openDeviceSession(program, vectors),
    },
  );
}

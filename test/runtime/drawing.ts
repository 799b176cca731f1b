import { createHash } from "node:crypto";
import { sizeOf } from "../../src/graph/shapes.ts";
import type { Network } from "../../src/programs/network.ts";
import { samplerProgram } from "../../src/programs/step-program.ts";
import {
  openStepSampler,
  placeRow,
  type StepSampler,
  type SampleRequest,
} from "../../src/runtime/step/sampler.ts";
import type { StartWorker } from "../../src/runtime/step/worker.ts";
import { labelsInTurn } from "../programs/tiny.ts";

export interface Drawn {
  /** Levels [count, channels, rows, cols]. */
  readonly pictures: Uint8Array;
  /** Of each picture. */
  readonly nats: Float64Array;
}

const noWorkers: StartWorker = () => {
  throw new Error("expected a draw in this thread, received a start of a worker");
};

/** A sampler for a network of one picture, in this thread if not told otherwise. */
export const samplerOf = (
  network: Network,
  weights: Float32Array,
  { workers = 1, startWorker = noWorkers } = {},
): StepSampler => openStepSampler(samplerProgram(network, weights), { workers, startWorker });

export type Request = Omit<SampleRequest, "rows" | "first" | "temperature"> &
  Partial<Pick<SampleRequest, "first" | "temperature">>;

/** Of all classes in turn, if the network knows classes and nothing else is asked for. */
export const streamOf = (sampler: StepSampler, network: Network, request: Request) =>
  sampler.stream({
    first: 0,
    temperature: 1,
    classes: labelsInTurn(network, request.count, request.first),
    ...request,
    rows: network.picture.shape[2]!,
  });

/** Draws pictures of the network's size with a sampler of it. */
export async function draw(sampler: StepSampler, network: Network, request: Request): Promise<Drawn> {
  const [, channels, rows, cols] = network.picture.shape as [number, number, number, number];
  const pictures = new Uint8Array(request.count * sizeOf(network.picture.shape));
  const nats = new Float64Array(request.count);
  for await (const event of streamOf(sampler, network, request)) {
    if (event.kind === "row") placeRow(pictures, { channels, rows, cols }, event);
    else nats.set(event.nats!, event.first);
  }
  return { pictures, nats };
}

export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

import type { openSampler, StreamOptions } from "../../src/browser.ts";
import { PACKAGE } from "./serve.ts";

/** What a page is asked to draw. */
export interface PageRequest extends StreamOptions {
  /** Name of its run. */
  readonly run: string;
  readonly workers: number;
  /** Rows after which to leave a first stream, before the one that counts. */
  readonly leaveAfter?: number;
}

/** SHA-256 of the levels, and of the nats as bytes. */
export interface Digests {
  readonly pictures: string;
  readonly nats: string;
}

/** What the script of the page leaves for the test. */
export interface SamplingPage {
  readonly openSampler: typeof openSampler;
}

/** A page with a script and a canvas. */
export const pageOf = (script: string): string => `<!doctype html>
<link rel="icon" href="data:,">
<canvas></canvas>
<script type="module">${script}</script>`;

export const SAMPLING_PAGE = pageOf(`
  import { openSampler } from "${PACKAGE}browser.js";
  globalThis.openSampler = openSampler;
`);

/**
 * Closes a sampler after the second event of a stream, and returns the code of the error with which the stream ends.
 */
export async function closeInPage({
  run,
  workers,
  ...options
}: Omit<PageRequest, "leaveAfter">): Promise<string | undefined> {
  const { openSampler } = globalThis as unknown as SamplingPage;
  const config = await (await fetch(`/runs/${run}/config.json`)).json();
  const checkpoint = await (await fetch(`/runs/${run}/checkpoints/best.safetensors`)).arrayBuffer();
  const sampler = openSampler(config, checkpoint, { workers });
  let seen = 0;
  try {
    for await (const _ of sampler.stream(options)) if (++seen === 2) sampler.close();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

/** Runs in the page, so it has no more than what is in it and what the page's script left. */
export async function drawInPage({ run, workers, leaveAfter, ...options }: PageRequest): Promise<Digests> {
  const { openSampler } = globalThis as unknown as SamplingPage;
  const config = await (await fetch(`/runs/${run}/config.json`)).json();
  const checkpoint = await (await fetch(`/runs/${run}/checkpoints/best.safetensors`)).arrayBuffer();
  const sampler = openSampler(config, checkpoint, { workers });
  const { channels, rows, cols } = sampler.size;
  const digest = async (bytes: BufferSource) =>
    Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
  try {
    if (leaveAfter !== undefined) {
      let seen = 0;
      for await (const event of sampler.stream(options)) {
        if (event.kind === "row" && ++seen === leaveAfter) break;
      }
    }
    const pictures = new Uint8Array(options.count * channels * rows * cols);
    const nats = new Float64Array(options.count);
    for await (const event of sampler.stream(options)) {
      if (event.kind === "pictures") {
        nats.set(event.nats!, event.first);
        continue;
      }
      for (let map = 0; map < event.count * channels; map++) {
        const line = event.levels.subarray(map * cols, (map + 1) * cols);
        pictures.set(line, ((event.first * channels + map) * rows + event.row) * cols);
      }
    }
    return { pictures: await digest(pictures), nats: await digest(nats) };
  } finally {
    sampler.close();
  }
}

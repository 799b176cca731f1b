import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { SOFTWARE_VULKAN } from "../runtime/software-vulkan.ts";
import type { Trained } from "./webgpu-training.ts";

const PROGRAM = fileURLToPath(new URL("./webgpu-training.ts", import.meta.url));

const trained = async (name: string, shares: number): Promise<{ cpu: Trained; webgpu: Trained }> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", PROGRAM, name, String(shares)],
    { env: { ...process.env, ...SOFTWARE_VULKAN }, maxBuffer: 2 ** 26 },
  );
  return JSON.parse(stdout) as { cpu: Trained; webgpu: Trained };
};

/** The largest difference, as a share of the largest value. */
const difference = (a: readonly number[], b: readonly number[]) => {
  expect(a.length).toBe(b.length);
  const largest = (values: readonly number[]) =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(a.map((value, i) => value - b[i]!)) / largest(b);
};

describe.skipIf(!SOFTWARE_VULKAN)("training on a GPU", () => {
  test.each([
    ["pixelcnn, logistic mixture, colour", 1],
    ["gated-pixelcnn, categorical, 3 classes", 2],
    ["pixelsnail, bernoulli", 1],
    ["pixelcnn-pp, logistic mixture, colour", 1],
    ["row-lstm, categorical", 1],
    ["diagonal-bilstm, bernoulli, colour, 2 classes", 1],
  ])(
    "has the losses of the CPU within 1e-5, and the scores after it: %s, %i share(s)",
    { timeout: 300_000 },
    async (name, shares) => {
      const { cpu, webgpu } = await trained(name, shares);
      expect(cpu.nats.at(-1)!).toBeLessThan(cpu.nats[0]!);
      expect(difference(webgpu.nats, cpu.nats)).toBeLessThan(1e-5);
      expect(difference(webgpu.norms, cpu.norms)).toBeLessThan(1e-4);
      // With the averaged weights. Not the weights themselves: where the gradient is 0, such as that of a bias of keys,
      // which the softmax cancels out, Adam follows its rounding.
      expect(difference(webgpu.scored, cpu.scored)).toBeLessThan(1e-5);
      expect([cpu.isInMemory, webgpu.isInMemory]).toEqual([true, false]);
      // A step that is thrown away leaves the state as it was.
      expect(webgpu.again).toBe(webgpu.nats[1]);
    },
  );
});

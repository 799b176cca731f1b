import { createHash } from "node:crypto";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { NO_VULKAN, SOFTWARE_VULKAN } from "../runtime/software-vulkan.ts";
import { jsonOf, runCli, type CliResult } from "./run-cli.ts";

const TRAIN =
  "train digits --steps 6 --batch 4 --width 4 --depth 1 --shares 1 --valid-fraction 0.01 --eval-every 3 --json".split(
    " ",
  );

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder({});
});

const deviceOf = async (run: string) => {
  const config = JSON.parse(await readFile(join(folder, run, "config.json"), "utf8")) as {
    training: { device: string };
  };
  return config.training.device;
};

/** What doctor says of the GPU. */
async function gpuLine(env: Readonly<Record<string, string>>): Promise<unknown> {
  const { findings } = jsonOf(await runCli(["doctor", "--json"], { cwd: folder, env }));
  return (findings as readonly { what: string }[]).find(({ what }) => what === "GPU");
}

describe.skipIf(process.platform !== "linux")("without a GPU", () => {
  const cli = (...args: string[]) => runCli(args, { cwd: folder, env: NO_VULKAN });

  test("--device webgpu is an error of one line, before there is a run", async () => {
    const { stderr, code } = await cli(...TRAIN, "--device", "webgpu", "--out", "none");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: expected a GPU, received none: .+; install .+, or train on the CPU \(see --device\)\n$/,
    );
    await expect(deviceOf("none")).rejects.toThrow("ENOENT");
  });

  test("--device auto is the CPU, and that is written down", async () => {
    jsonOf(await cli(...TRAIN, "--device", "auto", "--out", "auto"));
    expect(await deviceOf("auto")).toBe("cpu");
  });

  test("doctor says so, and how to mend it", async () => {
    expect(await gpuLine(NO_VULKAN)).toMatchObject({
      state: "warning",
      found: expect.stringContaining("none answers"),
      advice: expect.stringContaining("driver"),
    });
  });
});

test("--device takes only what there is", async () => {
  const { stderr, code } = await runCli([...TRAIN, "--device", "cuda", "--out", "cuda"], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(/'cuda' is invalid. Allowed choices are auto, cpu, webgpu/);
});

describe.skipIf(!SOFTWARE_VULKAN)("with software that plays a GPU", () => {
  // Such a GPU compiles its programs for seconds.
  const options = () => ({ cwd: folder, env: { ...SOFTWARE_VULKAN }, timeout: 250_000 });
  const cli = (...args: string[]) => runCli(args, options());
  const sha256 = async (run: string) =>
    createHash("sha256")
      .update(await readFile(join(folder, run, "checkpoints", "step-00000006.safetensors")))
      .digest("hex");

  const natsOf = (result: CliResult) => (jsonOf(result)["valid"] as { nats: number }).nats;
  let onGpu: CliResult;
  let onCpu: CliResult;
  beforeAll(async () => {
    onGpu = await cli(...TRAIN, "--device", "webgpu", "--out", "gpu");
    onCpu = await cli(...TRAIN, "--out", "cpu");
  }, 300_000);

  test("--device webgpu trains there, with a warning, as well as the CPU does", async () => {
    expect(onGpu.stderr).toMatch(/^warning: no GPU answers but software \(.+\)/);
    expect([await deviceOf("gpu"), await deviceOf("cpu")]).toEqual(["webgpu", "cpu"]);
    expect(natsOf(onGpu)).toBeCloseTo(natsOf(onCpu), 2);
  });

  test("--device auto is the CPU", async () => {
    jsonOf(await cli(...TRAIN, "--device", "auto", "--out", "software"));
    expect(await deviceOf("software")).toBe("cpu");
  });

  test(
    "a run that was stopped goes on there to the same weights, or elsewhere if told",
    { timeout: 300_000 },
    async () => {
      const interrupt = { after: /step 3\/6/, signal: "SIGINT" } as const;
      const args = [...TRAIN, "--device", "webgpu", "--out", "stopped"];
      expect((await runCli(args, { ...options(), interrupt })).code).toBe(130);
      await cp(join(folder, "stopped"), join(folder, "moved"), { recursive: true });
      jsonOf(await cli("train", "--resume", "--out", "stopped", "--json"));
      expect(await sha256("stopped")).toBe(await sha256("gpu"));

      const elsewhere = (...more: string[]) =>
        runCli(["train", "--resume", "--out", "moved", "--json", ...more], { cwd: folder, env: NO_VULKAN });
      expect((await elsewhere()).stderr).toMatch(/^error: expected a GPU, .* \(see --device\)\n$/);
      expect(natsOf(await elsewhere("--device", "cpu"))).toBeCloseTo(natsOf(onGpu), 2);
    },
  );

  test("doctor tells its name", async () => {
    expect(await gpuLine(SOFTWARE_VULKAN!)).toMatchObject({
      state: "warning",
      found: expect.stringMatching(/none but software \(SwiftShader.*\)/),
    });
  });
});

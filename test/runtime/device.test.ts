import { describe, expect, test } from "vitest";
import { deviceFor, gpuOf, type Gpu } from "../../src/runtime/device.ts";

const real: Gpu = { answers: true, name: "NVIDIA H100", isSoftware: false };
const software: Gpu = { answers: true, name: "llvmpipe", isSoftware: true };
const none: Gpu = { answers: false, reason: "no adapters" };

describe("the device that is meant", () => {
  test.each([
    ["auto", real, "webgpu"],
    ["auto", software, "cpu"],
    ["auto", none, "cpu"],
    ["webgpu", real, "webgpu"],
    ["webgpu", software, "webgpu"],
    ["cpu", real, "cpu"],
    ["cpu", none, "cpu"],
  ] as const)("by %s with %o is %s", (choice, gpu, device) => {
    expect(deviceFor(choice, gpu)).toBe(device);
  });

  test("by webgpu without a GPU is an error that says why and what to do", () => {
    expect(() => deviceFor("webgpu", none)).toThrow(
      expect.objectContaining({
        code: "DEVICE",
        message: expect.stringMatching(/no adapters; install the driver .*libvulkan1.* or train on the CPU$/),
      }),
    );
  });
});

const vulkan = (...names: readonly string[]) =>
  [
    "[Vulkan Loader] INFO | DRIVER:  linux_read_sorted_physical_devices:",
    ...names.map((name) => `[Vulkan Loader] DRIVER:   Using "${name}" with driver: "/usr/lib/some.so"`),
  ].join("\n");

const listed = (...devices: readonly [vendor: string, type: number, metadata: string][]) =>
  devices
    .map(
      ([vendor, type, metadata]) =>
        `2026-11-24 [I:onnxruntime:, device_discovery_common.cc:34 operator()] Discovered OrtHardwareDevice ` +
        `{vendor_id:0x1, device_id:0x0, vendor:${vendor}, type:${type}, metadata: [${metadata}]}`,
    )
    .join("\n");

describe("what is known of a GPU after a trial", () => {
  const known = (log: string, platform: NodeJS.Platform) => gpuOf({ failure: "", log }, platform);

  test.each([
    ["SwiftShader Device (Subzero)", true],
    ["llvmpipe (LLVM 15.0.6, 256 bits)", true],
    ["Intel(R) UHD Graphics 770 (ADL-S GT1)", false],
    ["NVIDIA GeForce RTX 4090", false],
    ["AMD Radeon Graphics (RADV RENOIR)", false],
  ])("under Linux: the one that Vulkan uses, %s, is software: %s", (name, isSoftware) => {
    expect(known(vulkan(name), "linux")).toEqual({ answers: true, name, isSoftware });
  });

  test("under Linux: the one that was opened last, whatever hardware is listed", () => {
    const log = vulkan("NVIDIA L4", "llvmpipe (LLVM 17)") + listed(["NVIDIA", 1, ""]);
    expect(known(log, "linux")).toMatchObject({ name: "llvmpipe (LLVM 17)", isSoftware: true });
  });

  test.each([
    ["Apple", "", "Apple"],
    ["NVIDIA", "Description=NVIDIA GeForce RTX 3060, DxgiAdapterNumber=0, ", "NVIDIA GeForce RTX 3060"],
    ["", "", "a GPU without a name"],
  ])("elsewhere: one that is listed, of vendor %j with %j", (vendor, metadata, name) => {
    const log = `${listed(["AMD", 0, "Description=a CPU"])}\n${listed([vendor, 1, metadata])}`;
    for (const platform of ["darwin", "win32"] as const)
      expect(known(log, platform)).toEqual({ answers: true, name, isSoftware: false });
  });

  test.each([
    ["", "linux"],
    [listed(["NVIDIA", 1, ""]), "linux"],
    [listed(["AMD", 0, ""], ["Intel", 2, ""]), "win32"],
    [listed(["Microsoft", 1, "Description=Microsoft Basic Render Driver"]), "win32"],
  ] as const)("one that nothing is known of counts as software: %j under %s", (log, platform) => {
    expect(known(log, platform)).toMatchObject({ answers: true, isSoftware: true });
  });

  test("one that fails does not answer, nor does one that ends the process", () => {
    expect(gpuOf({ failure: "no adapters", log: vulkan("NVIDIA L4") }, "linux")).toEqual(none);
    expect(gpuOf({ failure: undefined, log: vulkan("NVIDIA L4") }, "linux")).toMatchObject({
      answers: false,
    });
  });
});

import { NextpixelError } from "../basics/errors.ts";

/** What programs run on: the CPU, or a GPU through WebGPU. */
export const DEVICES = ["cpu", "webgpu"] as const;
export type Device = (typeof DEVICES)[number];

/** "auto": a GPU if there is one, else the CPU. */
export const DEVICE_CHOICES = ["auto", ...DEVICES] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

/** The result of a trial computation on a GPU. */
export type Gpu =
  | {
      readonly answers: true;
      readonly name: string;
      /** Whether it is software that emulates a GPU on the CPU. */
      readonly isSoftware: boolean;
    }
  | { readonly answers: false; readonly reason: string };

export const GPU_ADVICE =
  "install the driver of the GPU (on Linux the one for Vulkan, and its loader: Debian's libvulkan1)";

/**
 * The device to use on a machine with this GPU.
 *
 * @throws DEVICE error if a GPU is required and none works.
 */
export function deviceFor(choice: DeviceChoice, gpu: Gpu): Device {
  if (choice === "auto") return gpu.answers && !gpu.isSoftware ? "webgpu" : "cpu";
  if (choice === "webgpu" && !gpu.answers) {
    throw new NextpixelError(
      "DEVICE",
      `expected a GPU, received none: ${gpu.reason}; ${GPU_ADVICE}, or train on the CPU`,
      { about: ["device"] },
    );
  }
  return choice;
}

/** What the process that tried the GPU printed (see workers/gpu-probe.ts). */
export interface Trial {
  /** Empty if it worked, else why not; undefined if the process did not end by itself. */
  readonly failure: string | undefined;
  /** Messages of drivers and runtime. */
  readonly log: string;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bcpu\b/i;

/**
 * What is known after a trial. On Linux, Vulkan's loader prints the name of the device that it uses, which may be
 * software. On other systems software is used only if there is no GPU, so it is enough to know whether ONNX Runtime
 * lists one.
 */
export function gpuOf({ failure, log }: Trial, platform: string): Gpu {
  if (failure === undefined) return { answers: false, reason: "its driver failed" };
  if (failure !== "") return { answers: false, reason: failure };
  const name = platform === "linux" ? deviceInUse(log) : hardware(log);
  if (name === undefined) return { answers: true, name: "a device without a name", isSoftware: true };
  return { answers: true, name, isSoftware: SOFTWARE.test(name) };
}

const deviceInUse = (log: string): string | undefined =>
  [...log.matchAll(/Using "(.+)" with driver/g)].at(-1)?.[1];

function hardware(log: string): string | undefined {
  const [, vendor, metadata] =
    /OrtHardwareDevice \{.*vendor:(.*), type:1, metadata: \[(.*)\]/.exec(log) ?? [];
  const description = /Description=([^,\]]+)/.exec(metadata ?? "")?.[1];
  return description ?? (vendor === "" ? "a GPU without a name" : vendor);
}

import { NextpixelError } from "../basics/errors.ts";

/** What programs run on: the CPU, or a GPU through WebGPU. */
export const DEVICES = ["cpu", "webgpu"] as const;
export type Device = (typeof DEVICES)[number];

/** "auto": a GPU if there is one, else the CPU. */
export const DEVICE_CHOICES = ["auto", ...DEVICES] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

/** What came of it when a GPU was asked to compute something. */
export type Gpu =
  | {
      readonly answers: true;
      readonly name: string;
      /** Is it the CPU that plays a GPU? */
      readonly isSoftware: boolean;
    }
  | { readonly answers: false; readonly reason: string };

export const GPU_ADVICE =
  "install the driver of the GPU (on Linux the one for Vulkan, and its loader: Debian's libvulkan1)";

/** The device that is meant on a machine with this GPU. DEVICE error if a GPU must be and none answers. */
export function deviceFor(choice: DeviceChoice, gpu: Gpu): Device {
  if (choice === "auto") return gpu.answers && !gpu.isSoftware ? "webgpu" : "cpu";
  if (choice === "webgpu" && !gpu.answers) {
    throw new NextpixelError(
      "DEVICE",
      `expected a GPU for --device webgpu, received none: ${gpu.reason}; ${GPU_ADVICE}, or use --device cpu`,
    );
  }
  return choice;
}

/** What a process printed that tried the GPU (see workers/gpu-probe.ts). */
export interface Trial {
  /** Nothing if it worked, else why not; undefined if the process did not come to an end. */
  readonly failure: string | undefined;
  /** What drivers and runtime told meanwhile. */
  readonly log: string;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bcpu\b/i;

/**
 * What is known after a trial. Under Linux the loader of Vulkan tells the name of the device that it uses, which may
 * be software. Elsewhere software is used where there is nothing else only, so it is enough that there is a GPU: ONNX
 * Runtime lists them.
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

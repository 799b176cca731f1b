import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { gpuOf, type Gpu } from "../device.ts";
import { entryUrl } from "./node.ts";

const MILLISECONDS = 30_000;

/** The GPU of this machine, found by using it in a separate process, which takes half a second. Never throws. */
export const findGpu = (): Promise<Gpu> =>
  new Promise((resolve) => {
    const options = {
      timeout: MILLISECONDS,
      maxBuffer: 2 ** 26,
      // So that the loader of Vulkan tells which device it uses.
      env: { ...process.env, VK_LOADER_DEBUG: "driver" },
    };
    const file = fileURLToPath(entryUrl("gpu-probe"));
    execFile(process.execPath, [file], options, (error, stdout, log) => {
      const failure = error === null || stdout !== "" ? stdout.trim() : undefined;
      resolve(gpuOf({ failure, log }, process.platform));
    });
  });

import { existsSync } from "node:fs";
import { join } from "node:path";

const CHROMIUM_FOLDERS = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome"];
const LOADER = "libvulkan.so.1";
const DRIVER = "vk_swiftshader_icd.json";

const folder = CHROMIUM_FOLDERS.find((one) => [LOADER, DRIVER].every((name) => existsSync(join(one, name))));

/**
 * The environment in which a process finds a GPU played by the CPU, SwiftShader, which comes with Chromium; undefined
 * where there is none. It has to be there when a process starts, so what needs the device is tested in processes of its
 * own.
 */
export const SOFTWARE_VULKAN: Readonly<Record<string, string>> | undefined =
  folder === undefined ? undefined : { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder, DRIVER) };

if (!SOFTWARE_VULKAN) {
  const places = CHROMIUM_FOLDERS.join(", ");
  console.warn(
    `WebGPU is not tested: no ${LOADER} and ${DRIVER} in ${places} (apt-get install chromium brings them)`,
  );
}

/** The environment in which there is no GPU, under Linux. */
export const NO_VULKAN = { VK_ICD_FILENAMES: "/nonexistent", VK_DRIVER_FILES: "/nonexistent" } as const;

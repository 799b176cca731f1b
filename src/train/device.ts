import { deviceFor, type Device, type DeviceChoice } from "../runtime/device.ts";
import { findGpu } from "../runtime/workers/gpu.ts";

/**
 * The device for a choice, on this machine. A GPU that is emulated in software is used only if it is asked for, with a
 * warning.
 *
 * @throws DEVICE as `deviceFor`
 */
export async function chooseDevice(
  choice: DeviceChoice,
  onWarning: (message: string) => void = () => undefined,
): Promise<Device> {
  if (choice === "cpu") return choice;
  const gpu = await findGpu();
  const device = deviceFor(choice, gpu);
  if (device === "webgpu" && gpu.answers && gpu.isSoftware)
    onWarning(`no GPU answers but software (${gpu.name}), which is slower than the CPU`);
  return device;
}

// What a process of its own runs to try the GPU: drivers may write what they like, or crash. Prints why it failed, if
// it did.
import { tryDevice } from "../webgpu.ts";

try {
  await tryDevice();
  console.log("");
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
}

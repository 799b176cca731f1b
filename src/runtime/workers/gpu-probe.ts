// Run by a separate process to try the GPU, since drivers may print anything, or crash. Prints why it failed, if it
// did.
import { tryDevice } from "../webgpu.ts";

try {
  await tryDevice();
  console.log("");
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
}

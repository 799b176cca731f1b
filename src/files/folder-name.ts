import { expected } from "../basics/errors.ts";
import { isThere } from "./bounded-read.ts";

/** How names of files end that people might give where a folder is made. */
const FILE_NAME =
  /.\.(png|jpe?g|webp|gif|avif|tiff?|bmp|heic|svg|pdf|np[yz]|jsonl?|html?|ya?ml|csv|txt|md|zip|t?gz|tar|safetensors|onnx|pt|mp4|mov)$/i;

/**
 * Refuses the name of a file where a folder would be made: whoever asks for x.jpg does not want a folder of that name.
 * A name that ends in a slash is that of a folder, and what is there already is not looked at.
 *
 * @param what What goes to the path, for the error.
 * @param allowed The names that may be given, for the error.
 * @throws ARGUMENT if it is the name of a file.
 */
export async function checkFolderName(path: string, what: string, allowed: string): Promise<void> {
  if (FILE_NAME.test(path) && !(await isThere(path))) throw expected("ARGUMENT", allowed, what, path);
}

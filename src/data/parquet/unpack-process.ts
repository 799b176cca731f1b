// What runs in the process that `unpackApart` starts.
import { unpackPictures } from "./pictures.ts";
import type { FromUnpacking, ToUnpacking } from "./unpack.ts";

const send = (message: FromUnpacking): void => void process.send!(message);
const end = (message: FromUnpacking): void => void process.send!(message, () => process.exit());

// Nobody is left who would want the pictures.
process.on("disconnect", () => process.exit());

process.once("message", ([files, folder]: ToUnpacking) => {
  unpackPictures(files, folder, (pictures, of) => send({ kind: "progress", pictures, of })).then(
    () => end({ kind: "end" }),
    // What is sent is JSON, which leaves out an error's name and message.
    ({ name, message, code, errno }: NodeJS.ErrnoException) =>
      end({ kind: "end", error: { name, message, code, errno } }),
  );
});

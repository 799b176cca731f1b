import { join } from "node:path";
import { expect, test } from "vitest";
import { checkFolderName } from "../../src/files/folder-name.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

test.each(["x.jpg", "x.JPEG", "a/b.webp", ".hidden.png", "кошка.npy", "run.safetensors"])(
  "%s is the name of a file",
  async (name) => {
    await expect(checkFolderName(name, "the pictures", "a folder")).rejects.toMatchObject({
      code: "ARGUMENT",
      message: expect.stringContaining(`for the pictures, received "${name}"`),
    });
  },
);

test.each(["x", "x.jpg/", "a.png/b", "run-0.5", "mnist.gated", "v1.2", ".hidden", ".", "..", "", "png"])(
  "%j is the name of a folder",
  async (name) => {
    await checkFolderName(name, "the pictures", "a folder");
  },
);

test("what is there is left to whoever writes", async () => {
  const folder = await temporaryFolder({ "folder.jpg/0.png": "", "file.jpg": "" });
  for (const name of ["folder.jpg", "file.jpg"]) {
    await checkFolderName(join(folder, name), "the pictures", "a folder");
  }
});

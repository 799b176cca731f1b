import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../files/make-folder.ts";

/** The names of the classes by folder. It begins with a dot, so it is not read as a picture. */
const FILE = ".nextpixel-classes.json";

/**
 * Folders for the pictures of classes. They have numbers, since not every name of a class is possible for a folder. The
 * folder of a class is made when it is first needed; `close` writes the names.
 */
export function classFolders(folder: string): {
  of(name: string, number: number | undefined): Promise<string>;
  close(): Promise<void>;
} {
  const names: Record<string, string> = {};
  const made = new Map<string, Promise<string>>();
  return {
    of(name, number = made.size) {
      const known = made.get(name);
      if (known !== undefined) return known;
      const own = String(number).padStart(8, "0");
      names[own] = name;
      const path = join(folder, own);
      const making = makeFolder(path).then(() => path);
      made.set(name, making);
      return making;
    },
    close: () => writeFile(join(folder, FILE), JSON.stringify(names)),
  };
}

/** The names of the classes in these folders. */
export async function readClassNames(folder: string, folders: readonly string[]): Promise<string[]> {
  const names = JSON.parse(await readFile(join(folder, FILE), "utf8")) as Readonly<Record<string, string>>;
  return folders.map((one) => names[one]!);
}

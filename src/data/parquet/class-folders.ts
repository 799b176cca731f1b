import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../files/make-folder.ts";

/** Which class each of the folders is. A name with a dot is not read as a folder of pictures. */
const FILE = ".nextpixel-classes.json";

/**
 * Folders for the pictures of classes, numbered, since a class may have a name that no folder can have. The folder of a class is
 * made when it is first asked for; `close` notes the names.
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

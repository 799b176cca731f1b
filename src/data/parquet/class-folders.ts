import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

// Not every name of a class is possible for a folder. So the folders of classes have numbers, and a file has the names
// by folder. It begins with a dot, so it is not read as a picture.

const FILE = ".nextpixel-classes.json";

type ClassNames = Readonly<Record<string, string>>;

export const writeClassNames = (folder: string, names: ClassNames): Promise<void> =>
  writeFile(join(folder, FILE), JSON.stringify(names));

/** The names of the classes in these folders. */
export async function readClassNames(folder: string, folders: readonly string[]): Promise<string[]> {
  const names = JSON.parse(await readFile(join(folder, FILE), "utf8")) as ClassNames;
  return folders.map((one) => names[one]!);
}

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const folders: string[] = [];

export async function removeTemporaryFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** A new folder that holds the given files (by relative path); `setup.ts` removes it after the tests of the file. */
export async function temporaryFolder(files: Record<string, Uint8Array | string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-data-"));
  folders.push(folder);
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { NextpixelError } from "../basics/errors.ts";
import { checkWritable, isTemporary, writeAtomically } from "../files/atomic-write.ts";
import { checkFolderName } from "../files/folder-name.ts";
import { makeFolder } from "../files/make-folder.ts";
import { readError, unlessMissing, writeError } from "../files/system-error.ts";
import { comparisonPage } from "./page.ts";
import type { Report } from "./report.ts";

const REPORT = "report.json";
const PAGE = "index.html";
/** What a folder of a report holds; other seeds are trained below the last one. */
const OURS = [REPORT, PAGE, "seeds"];

/**
 * Makes the folder of a report, which may hold an earlier one.
 *
 * @throws EXISTS if it is a file, or holds anything else; ARGUMENT if it looks like the name of a file; WRITE if
 * nothing can be written there
 */
export async function prepareReportFolder(folder: string): Promise<void> {
  const found = await unlessMissing(stat(folder)).catch((cause: unknown) => {
    throw readError(folder, cause);
  });
  if (found && !found.isDirectory()) throw taken(folder, "is a file, not a folder: choose another name");
  if (found) {
    const others = (await readdir(folder)).filter((name) => !OURS.includes(name) && !isTemporary(name));
    if (others.length > 0) throw taken(folder, `holds ${JSON.stringify(others[0])}: choose another folder`);
  }
  await checkFolderName(folder, "the report", "the name of a folder");
  await makeFolder(folder).catch((cause: unknown) => {
    throw writeError(folder, cause);
  });
  await checkWritable(join(folder, REPORT));
}

const taken = (folder: string, problem: string): NextpixelError =>
  new NextpixelError("EXISTS", `${JSON.stringify(folder)} ${problem}`, { about: ["out"] });

/** Writes a report into its folder, as JSON and as a page. Returns the paths of both. @throws WRITE */
export async function saveReport(folder: string, report: Report): Promise<{ report: string; page: string }> {
  const [file, page] = [join(folder, REPORT), join(folder, PAGE)];
  await writeAtomically(file, `${JSON.stringify(report, null, 2)}\n`);
  await writeAtomically(page, comparisonPage(report));
  return { report: file, page };
}

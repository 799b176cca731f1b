import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openDataset, type OpenOptions } from "../../../src/data/open.ts";
import { pngFile } from "../../cli/picture-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { zipArchive } from "./zip-archive.ts";

const png = await pngFile(1, 2, 2);

/** The class of each picture by its name. */
async function classes(name: string, options: OpenOptions = {}) {
  const { labels, classNames } = await openDataset(name, options);
  return labels && Array.from(labels, (label) => classNames![label]);
}

const csv = "file_name,label,text\na.png,dog,\nsub/b.png,cat,any\n";
const jsonl = '{"file_name":"a.png","label":"dog"}\n\n{"text":[1],"file_name":"./sub/b.png","label":"cat"}\n';
const pictures = { "a.png": png, "sub/b.png": png };

describe("labels in a metadata file", () => {
  test.each([
    ["metadata.csv", csv],
    ["metadata.csv", `\uFEFF${csv.replaceAll("\n", "\r\n")}`],
    ["metadata.jsonl", jsonl],
  ])("%s are those of the pictures, wherever they lie", async (name, text) => {
    const files = { ...pictures, [name]: text };
    const folder = await temporaryFolder(files);
    const dataset = await openDataset(folder);
    expect(dataset).toMatchObject({ labels: Int32Array.of(1, 0), classNames: ["cat", "dog"] });
    await writeFile(
      join(folder, "x.zip"),
      zipArchive({ "all/a.png": png, "all/sub/b.png": png, [`all/${name}`]: Buffer.from(text) }),
    );
    expect(await classes(join(folder, "x.zip"))).toEqual(["dog", "cat"]);
    expect(await classes(folder, { labels: false })).toBeUndefined();
  });

  test("may be numbers, and beside the pictures of each folder", async () => {
    const folder = await temporaryFolder({
      "x/a.png": png,
      "y/b.png": png,
      "x/metadata.csv": "label,file_name\n10,a.png\n",
      "y/metadata.jsonl": '{"file_name":"b.png","label":9}',
    });
    expect(await classes(folder)).toEqual(["10", "9"]);
  });

  test.each(["", "train/"])("may be above splits, or in them: %j", async (where) => {
    const inTrain = where === "" ? "train/" : "";
    const other = where === "" ? "test/t.png,fox\n" : "";
    const folder = await temporaryFolder({
      "train/a.png": png,
      "train/b.png": png,
      "test/t.png": png,
      [`${where}metadata.csv`]: `file_name,label\n${inTrain}b.png,cat\n${inTrain}a.png,dog\n${other}`,
    });
    expect(await classes(folder)).toEqual(["dog", "cat"]);
    expect(await classes(`${folder}:test`)).toEqual(where === "" ? ["fox"] : undefined);
  });

  test("are of all pages, and of the pictures that are left", async () => {
    const folder = await temporaryFolder({
      "a.png": "no picture",
      "b.png": png,
      "metadata.csv": "file_name,label\na.png,x\nb.png,y\n",
    });
    expect(await classes(folder, { skipBad: true, frames: true })).toEqual(["y"]);
  });

  test("are those of folders where there is no column of labels", async () => {
    const folder = await temporaryFolder({ "x/a.png": png, "metadata.csv": "file_name,text\nx/a.png,any\n" });
    expect(await classes(folder)).toEqual(["x"]);
  });

  test.each([
    [
      "metadata.csv",
      "file_name,label\na.png,dog\n",
      "metadata.csv: expected a label for every picture, received none for sub/b.png",
    ],
    [
      "metadata.csv",
      `${csv}c.png,dog,\n`,
      "metadata.csv: row 3: expected the name of a picture that is there, received c.png",
    ],
    [
      "metadata.csv",
      `${csv}../a.png,dog,\n`,
      "row 3: expected the name of a picture that is there, received ../a.png",
    ],
    ["metadata.csv", `${csv}./a.png,cat,\n`, "metadata.csv: row 3: expected a.png once, received it again"],
    ["metadata.csv", `${csv}a.png,cat\n`, "metadata.csv: row 3: expected 3 fields, received 2"],
    [
      "metadata.csv",
      csv.replace("dog", ""),
      "metadata.csv: row 1: expected a label for a.png, received none",
    ],
    ["metadata.csv", csv.replace("text", "label"), "metadata.csv: expected each column once, received label"],
    ["metadata.csv", csv.replace("file_name", "id"), "metadata.csv: row 1: file_name"],
    ["metadata.csv", `${csv}"`, "metadata.csv: expected fields with commas between, or in quotes, in line 4"],
    ["metadata.jsonl", `${jsonl}{`, "expected JSON for"],
    ["metadata.jsonl", jsonl.replace('"dog"', "[1]"), "metadata.jsonl: line 1: label"],
    ["metadata.jsonl", jsonl.replace('"cat"', "0.5"), "metadata.jsonl: line 3: label"],
  ])("that are wrong are refused, in %s: %j", async (name, text, reason) => {
    const folder = await temporaryFolder({ ...pictures, [name]: text });
    await expect(openDataset(folder)).rejects.toMatchObject({ code: "FORMAT" });
    await expect(openDataset(folder)).rejects.toThrow(reason);
    await expect(openDataset(folder)).rejects.toThrow(folder);
  });
});

import { join } from "node:path";
import { expect, test } from "vitest";
import { trainForm } from "../../src/cli/train-form.ts";
import { modelByName, MODELS } from "../../src/models/by-name.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

test("the form has the options of the command line, but for those that are the studio's own", () => {
  const { fields } = trainForm(".");
  const keys = fields.map(({ key }) => key);
  expect(keys).toEqual(
    expect.arrayContaining(["dataset", "model", "steps", "lr", "mirror", "width", "beta", "threads"]),
  );
  for (const own of ["out", "force", "resume", "config", "findLr", "json", "verbose"])
    expect(keys).not.toContain(own);
  const field = (key: string) => fields.find((one) => one.key === key)!;
  expect(field("model").choices).toEqual(MODELS.names());
  expect(field("optimizer").choices).toContain("muon");
  expect(field("mirror").kind).toBe("switch");
  expect(field("batch").byDefault).toBe("32");
  for (const name of MODELS.names()) {
    const { defaults, presets } = modelByName(name);
    for (const [size, value] of Object.entries(defaults))
      expect(field(size).models?.[name]?.byDefault).toBe(String(value));
    expect(field("preset").models?.[name]?.choices).toEqual(Object.keys(presets));
  }
});

test("what is given becomes the words of a command, and pictures must be in the folder that is open", async () => {
  const folder = await temporaryFolder({ "open/x.png": "x", "closed/x.png": "x" });
  const { wordsOf, resumeWords } = trainForm(join(folder, "open"));
  const values = { dataset: "digits", model: "vae", steps: "10", mirror: true, decay: "0.5" } as const;
  const words = ["--model=vae", "--steps=10", "--decay=0.5", "--mirror"];
  expect(await wordsOf("runs/x", values)).toEqual(["train", "--out=runs/x", ...words, "--", "digits"]);
  expect(resumeWords("runs/x", undefined)).toEqual(["train", "--resume", "--out=runs/x"]);
  expect(resumeWords("runs/x", 20)).toEqual(["train", "--resume", "--out=runs/x", "--steps=20"]);
  for (const place of ["open", "open/x.png", "open:valid"])
    expect((await wordsOf("runs/x", { dataset: join(folder, place) })).at(-1)).toBe(join(folder, place));
  const refused = { code: "ARGUMENT", message: expect.stringContaining("--data") as string };
  for (const place of ["closed", ".", "open/../closed/x.png", "closed:valid"])
    await expect(wordsOf("runs/x", { dataset: join(folder, place) })).rejects.toMatchObject(refused);
  const closed = join(folder, "closed");
  for (const key of ["valid", "condition"])
    await expect(wordsOf("runs/x", { dataset: "digits", [key]: closed })).rejects.toMatchObject(refused);
  await expect(wordsOf("runs/x", { dataset: "mnist:none" })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import sharp from "sharp";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dequantise } from "../../src/data/quantise.ts";
import { encodePng } from "../../src/pictures/png.ts";
import { drawingAnimation } from "../../src/pictures/animation.ts";
import { pictureGrid } from "../../src/pictures/grid.ts";
import type { DrawnPictures } from "../../src/programs/drawn-pictures.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { publish } from "../../src/studio/publish.ts";
import { complete } from "../../src/tasks/complete.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import { sample, type SampleOptions } from "../../src/tasks/sample.ts";
import { launchChromium } from "../browser/chromium.ts";
import type { PageServer } from "../browser/serve.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { DIGITS, trainedOnColours, trainedWithField } from "./runs.ts";
import {
  drawLine,
  expectAccessible,
  onPageOf,
  shownOn,
  untilAddress,
  untilDrawn,
  type OnPage,
} from "./on-page.ts";
import { serveSite } from "./serve-site.ts";

let runs: Readonly<Record<"colours" | "run-of-format-1" | "with-field", string>>;
let server: PageServer;
let browser: Browser | undefined;
beforeAll(async () => {
  const withField = await trainedWithField({ completeAny: true });
  runs = { colours: await trainedOnColours(), "run-of-format-1": DIGITS, "with-field": withField };
  const site = join(await temporaryFolder(), "site");
  await publish(Object.values(runs), site);
  server = await serveSite(site);
  browser = await launchChromium();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  server.close();
});

/** What a person does on the page; there must be no error, and no request but to the site itself. */
const onPage: OnPage = (...work) => onPageOf(server, browser!)(...work);

const drawnBy = async (run: keyof typeof runs, options: SampleOptions): Promise<DrawnPictures> =>
  sample(await loadSavedModel(runs[run]), { workers: 1, ...options });

/** Red, green and blue of each pixel of pictures, as the page shows them when they are finished. */
function coloursOf({ pictures, size, levels, count }: DrawnPictures): number[][] {
  const plane = size.rows * size.cols;
  const values = dequantise(pictures, levels);
  return Array.from({ length: count * plane }, (_, i) => {
    const start = Math.floor(i / plane) * size.channels * plane + (i % plane);
    return [0, 1, 2].map((c) => values[start + (size.channels === 3 ? c * plane : 0)]!);
  });
}

describe("watching", () => {
  test.each([
    [
      "run-of-format-1",
      "?run=run-of-format-1&seed=5&picture=3&temperature=0.8&class=7",
      { temperature: 0.8, classes: ["7"] },
      8,
      8,
    ],
    ["colours", "?seed=5&picture=3", {}, 6, 7],
    ["with-field", "?run=with-field&seed=5&picture=3", {}, 8, 8],
  ] as const)("a picture of %s at %s is that of sample", async (run, query, options, rows, cols) => {
    const drawn = await drawnBy(run, { count: 4, seed: 5, ...options });
    await onPage(query, async (page) => {
      await untilDrawn(page, `${rows * cols} of ${rows * cols} pixels, ${drawn.nats![3]!.toFixed(2)} nats`);
      const wanted = coloursOf(drawn).slice(3 * rows * cols);
      await expect
        .poll(() => shownOn(page, ".picture canvas", rows, cols))
        .toEqual(wanted.map((rgb) => [...rgb, 255]));
    });
  });

  test("past pixels are blue-tinted, the current one is red, future ones are empty", async () => {
    const [wanted] = [coloursOf(await drawnBy("run-of-format-1", { count: 1 }))];
    await onPage("?run=run-of-format-1&pixel=19", async (page) => {
      await untilDrawn(page, "19 of 64 pixels");
      const shown = await shownOn(page, ".picture canvas", 8, 8);
      const blue = [50, 110, 240];
      const tinted = wanted
        .slice(0, 19)
        .map((rgb) => rgb.map((v, c) => Math.round(0.55 * v + 0.45 * blue[c]!)));
      expect(shown.slice(0, 19)).toEqual(tinted.map((rgb) => [...rgb, 255]));
      expect(shown[19]).toEqual([230, 30, 30, 255]);
      expect(new Set(shown.slice(20).map(([, , , alpha]) => alpha))).toEqual(new Set([0]));
    });
  });

  test("goes pixel by pixel, forwards and backwards, and the address keeps where it is", async () => {
    await onPage("?run=run-of-format-1&pixel=19&seed=2", async (page) => {
      await untilDrawn(page, "19 of 64 pixels");
      await page.getByRole("button", { name: "Step", exact: true }).click();
      await untilDrawn(page, "20 of 64 pixels");
      await untilAddress(page, { run: "run-of-format-1", pixel: "20", seed: "2" });
      await page.getByRole("button", { name: "Step back" }).click();
      await page.getByRole("button", { name: "Step back" }).click();
      await untilDrawn(page, "18 of 64 pixels");
      await page.getByRole("slider", { name: "Pixels drawn" }).press("Home");
      await untilDrawn(page, "0 of 64 pixels");
      await page.getByRole("button", { name: "To the end" }).click();
      await untilDrawn(page, "64 of 64 pixels");
      await untilAddress(page, { run: "run-of-format-1", seed: "2" });
    });
  });

  test("looks the same however one came to a pixel", async () => {
    const seen = (page: Page) =>
      page.$eval(".picture canvas", (canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const fresh = async (pixel: number) => {
      let found = "";
      await onPage(`?run=run-of-format-1&seed=2&pixel=${pixel}`, async (page) => {
        await untilDrawn(page, `${pixel} of 64 pixels`);
        // All rows are drawn, of which but some are shown.
        await page.getByRole("button", { name: "Save as GIF", disabled: false }).waitFor();
        found = await seen(page);
      });
      return found;
    };
    const wanted = new Map([15, 16, 31, 63].map((pixel) => [pixel, ""]));
    for (const pixel of wanted.keys()) wanted.set(pixel, await fresh(pixel));
    expect(new Set(wanted.values()).size).toBe(4);
    await onPage("?run=run-of-format-1&seed=2&pixel=15", async (page) => {
      const step = (name: string) => page.getByRole("button", { name, exact: true }).click();
      const slider = page.getByRole("slider", { name: "Pixels drawn" });
      const at = async (pixel: number) => {
        await untilDrawn(page, `${pixel} of 64 pixels`);
        await expect.poll(() => seen(page), { message: `at pixel ${pixel}` }).toBe(wanted.get(pixel));
      };
      await at(15);
      await step("Step");
      await at(16);
      await step("Step back");
      await at(15);
      await slider.fill("31");
      await at(31);
      await step("To the end");
      await untilDrawn(page, "64 of 64 pixels");
      await step("Step back");
      await at(63);
      await slider.fill("16");
      await at(16);
      await page.getByRole("application").hover({ position: { x: 5, y: 5 } });
      await page.getByText("The pixel you point at").waitFor();
      await page.mouse.move(0, 0);
      await at(16);
    });
  });

  test("plays by itself, can be paused, and goes at once", async () => {
    await onPage(
      "?run=run-of-format-1&speed=0",
      async (page) => {
        await untilDrawn(page, "1 of 64 pixels");
        await page.getByRole("button", { name: "Pause" }).click();
        await untilAddress(page, { run: "run-of-format-1", speed: "0", pixel: "1" });
        await page.getByRole("slider", { name: "Speed" }).press("End");
        await page.getByText("at once").waitFor();
        await page.getByRole("button", { name: "Play" }).click();
        await page.getByRole("button", { name: "Play again" }).waitFor();
        await untilDrawn(page, "64 of 64 pixels");
      },
      { hasMotion: true },
    );
  });

  test("tells what was predicted at a pixel, by pointer and by keyboard, and what it depends on", async () => {
    const { pictures } = await drawnBy("run-of-format-1", { count: 1, seed: 1 });
    await onPage("?run=run-of-format-1&seed=1", async (page) => {
      await untilDrawn(page, "64 of 64 pixels");
      const picture = page.getByRole("application");
      const { width, height } = (await picture.boundingBox())!;
      await picture.hover({ position: { x: (2.5 * width) / 8, y: (4.5 * height) / 8 } });
      await untilDrawn(page, `Row 5, column 3: level ${pictures[4 * 8 + 2]}`);
      await page.getByText(/It depends on \d+ of the 34 pixels before it/).waitFor();
      const said = await page.getByRole("img").getAttribute("aria-label");
      expect(said).toMatch(
        new RegExp(`level ${pictures[4 * 8 + 2]} of 0 to 16 was drawn, with a probability of`),
      );
      // What is not seen is faded.
      const shown = await shownOn(page, ".picture canvas", 8, 8);
      expect(shown[4 * 8 + 1]![3]).toBe(255);
      expect(shown[4 * 8 + 3]![3]).toBeLessThan(100);
      await page.mouse.move(0, 0);
      await picture.focus();
      for (const key of ["PageUp", "PageUp", "Home", "ArrowRight", "ArrowDown"])
        await page.keyboard.press(key);
      await untilDrawn(page, `Row 2, column 2: level ${pictures[9]}`);
      await page.keyboard.press("Escape");
      await page.getByText("The last pixel").waitFor();
    });
  });

  test("saves an animation as sample --animate writes it", async () => {
    const drawn = await drawnBy("colours", { count: 1, seed: 6 });
    await onPage("?seed=6", async (page) => {
      const download = page.waitForEvent("download");
      await page.getByRole("button", { name: "Save as GIF" }).click();
      expect((await download).suggestedFilename()).toBe("colours-seed-6-picture-0.gif");
      const file = sharp(await (await download).path(), { animated: true }).removeAlpha();
      const wanted = drawingAnimation(dequantise(drawn.pictures, drawn.levels), 1, drawn.size);
      expect((await file.metadata()).delay).toEqual(wanted.delays);
      expect(Buffer.compare(await file.raw().toBuffer(), wanted.data)).toBe(0);
    });
  });

  test("other settings draw another picture, a link to them the same", async () => {
    await onPage("?run=run-of-format-1", async (page) => {
      await untilDrawn(page, "64 of 64 pixels");
      await page.getByLabel("Seed").fill("8");
      await page.getByLabel("Seed").press("Enter");
      await page.getByRole("slider", { name: "Temperature" }).press("Home");
      await page.getByLabel("Class").selectOption("3");
      await page.getByRole("button", { name: "Next picture" }).click();
      await untilAddress(page, {
        run: "run-of-format-1",
        seed: "8",
        temperature: "0.1",
        class: "3",
        picture: "1",
      });
      const options = { count: 1, first: 1, seed: 8, temperature: 0.1, classes: ["3"] };
      const wanted = coloursOf(await drawnBy("run-of-format-1", options)).map((rgb) => [...rgb, 255]);
      await expect.poll(() => shownOn(page, ".picture canvas", 8, 8)).toEqual(wanted);
      await page.reload();
      await untilDrawn(page, "64 of 64 pixels");
      await expect.poll(() => shownOn(page, ".picture canvas", 8, 8)).toEqual(wanted);
      await page.getByLabel("Run").selectOption("colours");
      await untilDrawn(page, "42 of 42 pixels");
      await page.goBack();
      await untilDrawn(page, "64 of 64 pixels");
    });
  });
});

describe("the grid", () => {
  test("has the pictures of sample, saves them, and leads to one", async () => {
    const drawn = await drawnBy("colours", { count: 64, seed: 3 });
    const { rows, cols } = drawn.size;
    await onPage("?view=grid&seed=3", async (page) => {
      const save = page.getByRole("button", { name: "Save as PNG" });
      await page.waitForFunction(() => document.querySelector("progress")?.value === 1);
      const colours = coloursOf(drawn).map((rgb) => [...rgb, 255]);
      for (const picture of [0, 37, 63]) {
        const shown = await shownOn(page, `li:nth-child(${picture + 1}) canvas`, rows, cols);
        expect(shown).toEqual(colours.slice(picture * rows * cols, (picture + 1) * rows * cols));
      }
      const download = page.waitForEvent("download");
      await save.click();
      const file = await (await download).path();
      expect((await download).suggestedFilename()).toBe("colours-seed-3.png");
      const png = decode(await readFile(file));
      const wanted = pictureGrid(dequantise(drawn.pictures, drawn.levels), 64, drawn.size, { columns: 8 });
      expect([png.width, png.height]).toEqual([wanted.width, wanted.height]);
      const rgb = png.data.filter((_, i) => png.channels === 3 || i % 4 !== 3);
      expect(Buffer.compare(Uint8Array.from(rgb), wanted.data)).toBe(0);
      const link = page.getByRole("link", { name: `Picture 37, ${drawn.nats![37]!.toFixed(1)} nats` });
      await link.click();
      await untilDrawn(page, "42 of 42 pixels");
      await untilAddress(page, { picture: "37", seed: "3" });
    });
  });
});

describe("completing", () => {
  test("keeps what was painted, with the pointer and the keyboard, and draws the rest as complete does", async () => {
    const model = await loadSavedModel(DIGITS);
    const [picture, isGiven] = [new Uint8Array(64), new Uint8Array(64)];
    const completed = () => complete(model, { pictures: picture, isGiven, count: 8, seed: 2, workers: 1 });
    await onPage("?view=complete&run=run-of-format-1&seed=2", async (page) => {
      const editor = page.getByRole("application");
      await drawLine(page, [
        [1, 2],
        [1, 5],
      ]);
      for (const pixel of [10, 11, 12, 13]) [picture[pixel], isGiven[pixel]] = [16, 1];
      await untilDrawn(page, "4 of 64 pixels are given. Row 2, column 6: given, 16.");
      await page.mouse.move(0, 0);
      await page.getByRole("slider", { name: "Level" }).press("Home");
      await editor.focus();
      for (const key of ["Home", "ArrowRight", "ArrowRight", " "]) await page.keyboard.press(key);
      isGiven[2] = 1;
      await untilDrawn(page, "5 of 64 pixels are given. Row 1, column 3: given, 0.");
      await page.getByLabel("Erase").check();
      await editor.focus();
      for (const key of ["Home", "ArrowDown", "ArrowRight", "ArrowRight", "Enter"])
        await page.keyboard.press(key);
      isGiven[10] = 0;
      await untilDrawn(page, "4 of 64 pixels are given. Row 2, column 3: to be drawn.");
      await sameCompletions(page, await completed());

      await page.getByRole("button", { name: "Give the upper half" }).click();
      isGiven.fill(1, 0, 32).fill(0, 32);
      await sameCompletions(page, await completed());
    });
  });

  test("reads all that is given as complete does, if the model was trained to", async () => {
    const model = await loadSavedModel(runs["with-field"]);
    const [picture, isGiven] = [new Uint8Array(64), new Uint8Array(64)];
    const completed = () => complete(model, { pictures: picture, isGiven, count: 8, seed: 2, workers: 1 });
    await onPage("?view=complete&run=with-field&seed=2", async (page) => {
      const withoutAny = await completed();
      await untilDrawn(page, "0 of 64 pixels are given.");
      await sameCompletions(page, withoutAny);
      await drawLine(page, [
        [7, 0],
        [7, 7],
      ]);
      picture.fill(4, 56);
      isGiven.fill(1, 56);
      await untilDrawn(page, "8 of 64 pixels are given.");
      const withLastRow = await completed();
      expect(withLastRow.pictures.subarray(0, 56)).not.toEqual(withoutAny.pictures.subarray(0, 56));
      await sameCompletions(page, withLastRow);
      await page.getByText("What is given below it is read beforehand, too.").waitFor();
    });
  });

  test.each(["chosen", "dropped"])("takes a picture from a file that is %s", async (how) => {
    const levels = Uint8Array.from({ length: 64 }, (_, i) => (5 * i) % 17);
    const data = dequantise(levels, 17);
    await onPage("?view=complete&run=run-of-format-1", async (page) => {
      const buffer = Buffer.from(encodePng({ width: 8, height: 8, channels: 1, data }));
      const input = page.getByLabel("Take a picture from a file");
      if (how === "chosen") await input.setInputFiles({ name: "mine.png", mimeType: "image/png", buffer });
      else {
        const dataTransfer = await page.evaluateHandle(
          (bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "mine.png", { type: "image/png" }));
            return transfer;
          },
          [...buffer],
        );
        await page.getByRole("application").dispatchEvent("drop", { dataTransfer });
      }
      await untilDrawn(page, "64 of 64 pixels are given.");
      const wanted = [...data].map((grey) => [grey, grey, grey, 255]);
      for (const k of [1, 8]) {
        await expect.poll(() => shownOn(page, `.few li:nth-child(${k}) canvas`, 8, 8)).toEqual(wanted);
      }
    });
  });

  async function sameCompletions(page: Page, completed: DrawnPictures): Promise<void> {
    const wanted = coloursOf(completed).map((rgb) => [...rgb, 255]);
    for (const k of [0, 7]) {
      const shown = () => shownOn(page, `.few li:nth-child(${k + 1}) canvas`, 8, 8);
      await expect.poll(shown).toEqual(wanted.slice(64 * k, 64 * (k + 1)));
    }
  }
});

describe("scoring", () => {
  test("tells what score tells of a model that completes from any pixels: nothing is known in advance", async () => {
    const data = Uint8Array.from({ length: 64 }, (_, i) => Math.round(15 * ((3 * i) % 17)));
    const buffer = Buffer.from(encodePng({ width: 8, height: 8, channels: 1, data }));
    const model = await ImageModel.load(runs["with-field"]);
    const { nllNats } = await model.score(await temporaryFolder({ "mine.png": buffer }));
    await onPage("?view=score&run=with-field", async (page) => {
      await page
        .getByLabel("Choose pictures")
        .setInputFiles([{ name: "mine.png", mimeType: "image/png", buffer }]);
      await untilDrawn(page, "1 scored.");
      const [, shown] = /([\d.]+) nats/.exec(await page.locator("figcaption").innerText())!;
      expect(Math.abs(Number(shown) - nllNats)).toBeLessThan(0.02);
    });
  });

  test("tells what score tells, the oddest picture first", async () => {
    const pictures = Array.from({ length: 3 }, (_, k) =>
      Uint8Array.from({ length: 64 }, (_, i) => Math.round(15 * (((i * (k + 3)) % 17) + 0.2))),
    );
    const files = pictures.map((data, k) => ({
      name: `${k}.png`,
      mimeType: "image/png",
      buffer: Buffer.from(encodePng({ width: 8, height: 8, channels: 1, data })),
    }));
    const model = await ImageModel.load(DIGITS);
    /** With labels if the folder within has the name of a class. */
    const scoredIn = async (place: string) => {
      const folder = await temporaryFolder(
        Object.fromEntries(files.map(({ name, buffer }) => [`${place}/${name}`, buffer])),
      );
      const nats: number[] = [];
      await model.score(folder, { onBatch: (batch) => void nats.push(...batch.nats) });
      return nats;
    };
    const [nats, ofSeven] = [await scoredIn("."), await scoredIn("7")];
    const oddestFirst = (all: readonly number[]) => [...all.keys()].sort((a, b) => all[b]! - all[a]!);
    await onPage("?view=score&run=run-of-format-1", async (page) => {
      /** Numbers of the files, and nats of each, as they are listed. */
      const shown = async () => {
        const texts = await page.locator("figcaption").allInnerTexts();
        return texts.map((text) => /^(\d).png\s+([\d.]+) nats/.exec(text)!.slice(1).map(Number));
      };
      const expectScores = async (all: readonly number[]) => {
        const order = oddestFirst(all);
        // The machine's two ways to compute it differ in the last digits.
        const isClose = (found: number[][]) =>
          found.length === 3 &&
          found.every(([k, one], i) => k === order[i] && Math.abs(one! - all[k!]!) < 0.02);
        await expect.poll(async () => isClose(await shown())).toBe(true);
      };
      await page.getByLabel("Choose pictures").setInputFiles(files);
      await untilDrawn(page, "3 scored.");
      await expectScores(nats);
      await page.getByLabel("Class").selectOption("7");
      await expectScores(ofSeven);
      await page.getByLabel("Order").selectOption("by name");
      expect((await shown()).map(([k]) => k)).toEqual([0, 1, 2]);
      const broken = { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("no picture") };
      await page.getByLabel("Choose pictures").setInputFiles([broken, { ...files[0]!, name: "3.png" }]);
      await page.getByRole("alert").getByText("received broken.png").waitFor();
      await untilDrawn(page, "4 scored.");
    });
  });
});

test.each([
  "?run=run-of-format-1&pixel=19&field=1",
  "?pixel=19",
  "?view=grid&run=run-of-format-1",
  "?view=complete",
  "?view=score&run=run-of-format-1",
])("%s has no accessibility fault, and fits, at any width and in light and dark colours", async (query) => {
  await onPage(query, async (page) => {
    await page.locator("h2").first().waitFor();
    await expectAccessible(page);
  });
});

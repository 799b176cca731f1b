import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../browser/chromium.ts";
import { MAIN } from "../cli/run-cli.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { expectAccessible, NARROW_AND_DARK, WIDE_AND_LIGHT, withPage } from "./on-page.ts";
import { recordOf, studioOf, writeRun } from "./open-studio.ts";

let browser: Browser | undefined;
const studios: ChildProcess[] = [];
beforeAll(async () => void (browser = await launchChromium()), 60_000);
afterAll(async () => {
  await browser?.close();
  for (const studio of studios) studio.kill("SIGINT");
});

/** Opens a studio of this process, which is there at once. */
async function opened(cwd: string): Promise<{ readonly address: string; end(): Promise<void> }> {
  const { address, close } = await studioOf(join(cwd, "runs"), cwd);
  return { address, end: close };
}

/** Starts the command in a folder; tells the address that it prints. */
async function started(cwd: string): Promise<{ readonly address: string; end(): Promise<void> }> {
  const child = spawn(process.execPath, [MAIN, "studio", "--json"], {
    cwd,
    stdio: ["ignore", "pipe", "ignore"],
  });
  studios.push(child);
  const said = await new Promise<string>((resolve) =>
    child.stdout.once("data", (text) => resolve(String(text))),
  );
  return {
    address: (JSON.parse(said) as { address: string }).address,
    async end() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      expect(await ended).toBe(0);
    },
  };
}

/** What a person does on the page; an answer may say that nothing has changed. */
const onPage = (address: string, work: (page: Page, failures: string[]) => Promise<void>): Promise<void> =>
  withPage(browser!, address, work, { isGood: (response) => response.status() < 400 });

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
/** Up to which step the page says that it has read the curves. */
async function stepRead(page: Page): Promise<number> {
  const text = await page.locator(".read li").first().innerText();
  return Number(/read up to step (\d+)/.exec(text)?.[1] ?? 0);
}

test("a training is started from the form, followed, stopped and resumed, and survives the studio", async () => {
  const cwd = await temporaryFolder();
  const first = await started(cwd);
  await onPage(first.address, async (page, failures) => {
    await shows(page, "There are no runs yet.");
    expect(new URL(page.url()).hash).toBe("");
    await button(page, "New run").click();
    await page.getByLabel("Name").fill("mine");
    await page.getByLabel("Data set").fill("digits");
    await page.getByLabel("--steps").fill("1000000");
    await page.getByLabel("--batch").fill("none");
    await page.getByText("Sizes and settings of pixelcnn").click();
    await page.getByLabel("--width").fill("2");
    await page.getByLabel("--depth").fill("1");
    await page.getByText("All other options").click();
    await page.getByLabel("--eval-every").fill("30");
    await page.getByLabel("--threads").fill("1");
    await expectAccessible(page, NARROW_AND_DARK);
    // A mistake is told where it was made, in the words of the command line.
    await page.getByLabel("--threads").press("Enter");
    await shows(page, /expected a whole number.* for --batch, received "none"/);
    expect(failures.splice(0)).toEqual([expect.stringMatching(/^400 /), expect.stringContaining("400")]);
    await page.getByLabel("--batch").fill("2");
    const accepted = page.waitForResponse((response) => response.status() === 202);
    await button(page, "Start training").click();
    await accepted;
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("status").getByText("training").waitFor();

    await expect.poll(() => stepRead(page), { timeout: 30_000 }).toBeGreaterThan(0);
    const before = await stepRead(page);
    await expect.poll(() => stepRead(page), { timeout: 30_000 }).toBeGreaterThan(before + 30);
    for (const figure of ["Nats", "Bits per dim", "Learning rate", "Images per second"])
      await page.getByRole("heading", { name: figure, exact: true }).waitFor();
    const chart = page.getByRole("img", {
      name: /^Nats over the steps\. mine, training: .*mine, validation: /,
    });
    await expect.poll(() => chart.locator("canvas").evaluate(hasInk)).toBe(true);
    await page.getByAltText(/Pictures drawn after step \d+/).waitFor();
    await page.getByText("Log", { exact: true }).click();
    await shows(page, /1,000,000 steps; [\d,]+ pictures to train on/);
  }).finally(() => first.end());

  // Its trainer is a process of its own: another studio finds it at work.
  const metrics = () => readFile(join(cwd, "runs/mine/metrics.jsonl"), "utf8");
  const { length } = await metrics();
  await expect.poll(async () => (await metrics()).length, { timeout: 30_000 }).toBeGreaterThan(length);
  const second = await started(cwd);
  await onPage(second.address, async (page) => {
    await page.getByRole("status").getByText("training").waitFor();
    await button(page, "Stop and save").click();
    await page.getByRole("status").getByText("interrupted").waitFor();
    await page.getByText("Log", { exact: true }).click();
    await shows(page, "resume the run to go on");
    const stopped = await stepRead(page);
    await button(page, "Resume").click();
    await page.getByRole("status").getByText("training").waitFor();
    await expect.poll(() => stepRead(page), { timeout: 30_000 }).toBeGreaterThan(stopped);
    await button(page, "Stop and save").click();
    await page.getByRole("status").getByText("interrupted").waitFor();

    // The page draws with it, by the weights that the studio hands out.
    await page.getByRole("link", { name: "Watch it draw" }).click();
    await shows(page, "64 of 64 pixels");
    await page.getByRole("link", { name: "Runs" }).click();
    await page.getByRole("heading", { name: "Curves" }).waitFor();
  }).finally(() => second.end());
});

/** Whether something is drawn on a canvas. */
const hasInk = (canvas: Element): boolean => {
  const { width, height } = canvas as HTMLCanvasElement;
  const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
  return data.some((value) => value > 0);
};

test("curves of runs are compared, zoomed and smoothed; the address keeps it, and settings are told apart", async () => {
  const cwd = await temporaryFolder();
  const records = Array.from({ length: 100 }, (_, i) =>
    recordOf(i + 1, i % 10 === 9 ? { nats: 21 / (i + 1), bitsPerDim: 2.1 / (i + 1) } : null),
  );
  const training = {
    steps: 100,
    batch: 4,
    lr: 0.001,
    warmup: 0,
    decay: "cosine",
    clip: 1,
    ema: 0.9,
    seed: 1,
  };
  const often = { evalEvery: 10, checkpointEvery: 10 };
  await writeRun(join(cwd, "runs/one"), { training: { ...training, ...often } }, records);
  await writeRun(
    join(cwd, "runs/two"),
    { training: { ...training, ...often, lr: 0.5 } },
    records.slice(0, 50),
  );
  const studio = await opened(cwd);
  await onPage(`${studio.address.replace("view=runs", "view=runs&run=one")}`, async (page) => {
    await shows(page, "read up to step 100 of 100");
    await page.getByLabel("Curves of two").check();
    await shows(page, "read up to step 50 of 100");
    await page
      .getByRole("img", {
        name: /^Nats .*one, training: 0.2 at step 100; .*two, validation: 0.42 at step 50/,
      })
      .waitFor();
    await page.getByRole("slider", { name: "Smoothing" }).press("End");
    await page.getByLabel("Logarithmic axes").selectOption("both");
    await page
      .getByRole("img", { name: /^Nats .*one, training: 0.[3-9]\d+ at step 100; one, validation: 0.21 / })
      .waitFor();

    // By mouse: from a quarter of the chart to its half.
    await page.getByLabel("Logarithmic axes").selectOption("none");
    const plot = page.locator(".u-over").first();
    await expect.poll(() => plot.scrollIntoViewIfNeeded().then(() => plot.boundingBox())).not.toBeNull();
    const { x, y, width, height } = (await plot.boundingBox())!;
    await page.mouse.move(x + width / 4, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 4 });
    await page.mouse.up();
    const zoom = () => new URL(page.url()).searchParams.get("zoom")?.split("-").map(Number) ?? [];
    await expect.poll(zoom).toHaveLength(2);
    expect(zoom()[0]).toBeGreaterThan(20);
    expect(zoom()[1]).toBeLessThan(55);
    await page.getByLabel("To step", { exact: true }).fill("90");
    await page.getByLabel("To step", { exact: true }).press("Enter");
    await expect.poll(() => zoom()[1]).toBe(90);
    await page.reload();
    await shows(page, "read up to step 50 of 100");
    expect(await page.getByLabel("To step", { exact: true }).inputValue()).toBe("90");
    await button(page, "All steps").click();

    await page.getByText("Last values as a table").click();
    await page.getByRole("row", { name: "Nats, validation 0.21 0.42" }).waitFor();
    await page.getByText("Configuration", { exact: true }).click();
    await page.getByLabel("Differences from").selectOption("two");
    const region = page.getByRole("region", { name: "Settings" });
    await region.getByRole("row", { name: "training.lr 0.001 0.5" }).waitFor();
    expect(await region.getByRole("row").count()).toBe(2);
    await expectAccessible(page, WIDE_AND_LIGHT, NARROW_AND_DARK);

    await page.getByPlaceholder("Find runs").fill("tw");
    await shows(page, "1 of 2 runs");
    await page.getByRole("link", { name: "two" }).click();
    await page.getByRole("heading", { name: "two" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "one" }).waitFor();
  }).finally(() => studio.end());
});

test("what a run from elsewhere says is text, and nothing else", async () => {
  const cwd = await temporaryFolder();
  const mark = (what: string) => `<img src=x onerror="alert('${what}')"><script>alert(1)</script>`;
  const run = join(cwd, "runs", "<img src=x onerror=alert(1)>");
  const network = { modelConfig: { [mark("size")]: 1 }, levels: 2, size: { channels: 1, rows: 4, cols: 4 } };
  const likelihood = mark("likelihood");
  const classes = [{ name: mark("class"), pictures: 1 }];
  const data = { train: mark("data"), valid: mark("valid"), gray: false, resize: null, skipBad: false };
  const config = {
    nextpixel: mark("version"),
    network: { model: mark("model"), likelihood, classes, ...network },
    data,
  };
  await writeRun(run, config, [
    { step: 1, train: { [mark("figure")]: 1 }, valid: { [mark("figure")]: 2 } },
    { step: mark("step"), train: mark("train"), valid: [mark("valid")] },
  ]);
  await writeFile(join(run, "failure.json"), JSON.stringify({ message: mark("failure") }));
  await writeFile(join(run, "train.log"), `${mark("log")}\n`);
  await mkdir(join(run, "samples"));
  await writeFile(join(run, "samples/step-00000001.png"), `<svg onload="alert(1)">${mark("picture")}</svg>`);
  await writeRun(join(cwd, "runs/strange"), { nextpixel: 1 });
  const studio = await opened(cwd);
  await onPage(studio.address, async (page) => {
    await page.getByRole("link", { name: "<img src=x onerror=alert(1)>" }).click();
    await shows(page, mark("failure"));
    await page.getByText("Log", { exact: true }).click();
    await shows(page, mark("log"));
    await page.getByText("Configuration", { exact: true }).click();
    for (const what of ["version", "model", "likelihood", "data", "valid"]) await shows(page, mark(what));
    await page.getByRole("heading", { name: mark("figure").slice(1) }).waitFor();
    await page.getByRole("link", { name: "strange" }).click();
    await shows(page, /config.json: nextpixel: Invalid type/);
    expect(await page.locator("script:not([src]), img:not([src^='blob:']), svg").count()).toBe(0);
  }).finally(() => studio.end());
});

test("without the token there is nothing to see", async () => {
  const studio = await opened(await temporaryFolder());
  const page = await browser!.newPage();
  await page.goto(studio.address.replace(/#.*/, ""));
  await page.getByRole("alert").getByText("open the address that the command has printed").waitFor();
  await page.goto(studio.address);
  await page.reload();
  await shows(page, "There are no runs yet.");
  await page.close();
  await studio.end();
});

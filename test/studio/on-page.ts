import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page, Response } from "playwright-core";
import { expect } from "vitest";
import type { PageServer } from "../browser/serve.ts";

const VIEWPORT = { width: 1280, height: 900 };
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What a person does on the page at a query, whose motion the system may allow. */
export type OnPage = (
  query: string,
  work: (page: Page) => Promise<void>,
  options?: { readonly hasMotion?: boolean },
) => Promise<void>;

export interface PageOptions {
  /** Whether the system allows motion. */
  readonly hasMotion?: boolean;
  /** Whether an answer is no failure. */
  readonly isGood?: (response: Response) => boolean;
  /** Whether a message in the console is the test's own doing. */
  readonly isExpected?: (message: string) => boolean;
}

/**
 * Opens a page at an address; there must be no error, no dialog, and no request but to where it is from. `work` may
 * take failures that it expects out of the list.
 */
export async function withPage(
  browser: Browser,
  address: string,
  work: (page: Page, failures: string[]) => Promise<void>,
  { hasMotion = false, isGood = (response) => response.ok(), isExpected = () => false }: PageOptions = {},
): Promise<void> {
  const page = await browser.newPage({
    viewport: VIEWPORT,
    reducedMotion: hasMotion ? "no-preference" : "reduce",
  });
  const failures: string[] = [];
  await page.route("**", (route) => {
    const url = route.request().url();
    if (url.startsWith(new URL(address).origin) || url.startsWith("blob:")) return route.continue();
    failures.push(`asked for ${url}`);
    return route.abort();
  });
  page.on("response", (response) => {
    if (!isGood(response)) failures.push(`${response.status()} ${response.url()}`);
  });
  page.on("pageerror", (error) => failures.push(error.message));
  page.on("dialog", (dialog) => failures.push(`dialog ${dialog.message()}`));
  page.on("console", (message) => {
    const isFault = ["error", "warning"].includes(message.type()) && !isExpected(message.text());
    if (isFault) failures.push(message.text());
  });
  try {
    await page.goto(address);
    await work(page, failures);
  } finally {
    await page.close();
    expect(failures).toEqual([]);
  }
}

/** Opens pages of a published site. */
export const onPageOf =
  (server: PageServer, browser: Browser): OnPage =>
  (query, work, options) =>
    withPage(browser, `${server.origin}/index.html${query}`, work, {
      ...options,
      // Reading the canvas is what the test does, not the page.
      isExpected: (message) => message.includes("getImageData"),
    });

/** Red, green, blue and alpha in the middle of each of the picture's pixels. */
export const shownOn = (page: Page, selector: string, rows: number, cols: number): Promise<number[][]> =>
  page.$eval(
    selector,
    (element, { rows, cols }) => {
      const { width, height } = element as HTMLCanvasElement;
      const context = (element as HTMLCanvasElement).getContext("2d")!;
      const { data } = context.getImageData(0, 0, width, height);
      return Array.from({ length: rows * cols }, (_, pixel) => {
        const x = Math.floor((((pixel % cols) + 0.5) * width) / cols);
        const y = Math.floor(((Math.floor(pixel / cols) + 0.5) * height) / rows);
        return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
      });
    },
    { rows, cols },
  );

/** Draws with the mouse on a picture of 8x8 from one pixel to another, so fast that the mouse skips those between. */
export async function drawLine(
  page: Page,
  [from, to]: readonly [from: readonly [row: number, col: number], to: readonly [row: number, col: number]],
): Promise<void> {
  const { x, y, width } = (await page.getByRole("application").boundingBox())!;
  const move = ([row, col]: readonly [row: number, col: number]) =>
    page.mouse.move(x + ((col + 0.5) * width) / 8, y + ((row + 0.5) * width) / 8);
  await move(from);
  await page.mouse.down();
  await move(to);
  await page.mouse.up();
}

export const untilDrawn = (page: Page, text: string) => page.getByText(text, { exact: false }).waitFor();
/** Waits until the address has these settings and no others: it is written a moment after they change. */
export const untilAddress = (page: Page, settings: Readonly<Record<string, string>>) =>
  expect.poll(() => Object.fromEntries(new URL(page.url()).searchParams)).toEqual(settings);

/** A width, and colours that the system asks for. */
export type Look = readonly [width: number, colorScheme: "light" | "dark"];
export const WIDE_AND_LIGHT: Look = [1280, "light"];
export const NARROW_AND_DARK: Look = [360, "dark"];

/** Fails unless the page has no accessibility fault, and fits, in these looks, by default wide and narrow ones. */
export async function expectAccessible(page: Page, ...looks: readonly Look[]): Promise<void> {
  await page.evaluate(AXE);
  for (const [width, colorScheme] of looks.length > 0 ? looks : [WIDE_AND_LIGHT, NARROW_AND_DARK]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const { scrollWidth, clientWidth } = document.documentElement;
      const { violations } = await axe.run();
      return {
        violations: violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]),
        overflow: scrollWidth - clientWidth,
      };
    });
    expect({ width, ...found }).toEqual({ width, violations: [], overflow: 0 });
  }
  await page.setViewportSize(VIEWPORT);
}

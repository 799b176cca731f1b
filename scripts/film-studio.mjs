// An animation of a published page as it draws a picture: pictures of the page in Chromium, put together as WebP.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";
import sharp from "sharp";

const PLACES = [process.env["CHROMIUM"] ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"];
const SIZE = { width: 1120, height: 720 };
/** What is drawn, how many pixels it has, and how many are drawn from one picture of the film to the next. */
const QUERY = "?run=gated-pixelcnn&seed=4&class=3&field=1";
const PIXELS = 64;
const STEP = 2;
const FRAME_MS = 160;
const LAST_MS = 2500;

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

/** Writes the film, and returns its size in bytes. */
export async function film(site, out) {
  const server = createServer(async ({ url }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    try {
      const body = await readFile(join(site, pathname));
      const type = TYPES[extname(pathname)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const executablePath = PLACES.find((place) => existsSync(place));
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: SIZE, reducedMotion: "reduce", colorScheme: "light" });
    const frames = [];
    await page.goto(`http://127.0.0.1:${server.address().port}/index.html${QUERY}&pixel=0`);
    for (let pixel = 0; ; pixel += STEP) {
      await page.getByText(`${pixel} of ${PIXELS} pixels`).waitFor();
      // What the pixel depends on is told last.
      await page.getByText("It depends on").waitFor();
      frames.push(await page.screenshot());
      if (pixel === PIXELS) break;
      for (let i = 0; i < STEP; i++) await page.getByRole("button", { name: "Step", exact: true }).click();
      // The pointer would be part of the picture.
      await page.mouse.move(0, 0);
    }
    const delay = frames.map((_, i) => (i === frames.length - 1 ? LAST_MS : FRAME_MS));
    const { size } = await sharp(frames, { join: { animated: true } })
      .webp({ delay, loop: 0, quality: 80, effort: 4 })
      .toFile(out);
    return size;
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

import { NextpixelError } from "../basics/errors.ts";
import { BrokenOff, connectionError, isBusy, unavailable } from "./receive.ts";
import { waitToRetry } from "./retry.ts";
import type { FetchSettings } from "./settings.ts";

/**
 * A `fetch` for answers of at most `limit` bytes from one server, `base`, so that what is meant for it goes nowhere else. A server
 * that is busy is asked again. It fails with DOWNLOAD errors, a FORMAT error if an answer is larger.
 */
export const fetchSmall =
  (base: string, limit: number, settings: FetchSettings): typeof fetch =>
  async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (new URL(url).origin !== new URL(base).origin) throw unavailable(url, `this is not at ${base}`);
    for (let failures = 1; ; failures++) {
      try {
        return await ask(url, limit, settings.stallTimeout, () =>
          fetch(input, { ...init, signal: AbortSignal.timeout(settings.stallTimeout) }),
        );
      } catch (error) {
        if (!(error instanceof BrokenOff)) throw error;
        await waitToRetry(url, error, failures, settings);
      }
    }
  };

/** One request, with the whole answer. Throws BrokenOff, and errors as above. */
async function ask(
  url: string,
  limit: number,
  timeout: number,
  request: () => Promise<Response>,
): Promise<Response> {
  try {
    const response = await request();
    const { status, statusText, headers } = response;
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > limit)
        throw new NextpixelError(
          "FORMAT",
          `expected an answer of at most ${limit} bytes from ${url}, received more`,
        );
      chunks.push(chunk);
    }
    if (isBusy(status)) throw new BrokenOff(`HTTP ${status} ${statusText}`.trim());
    return new Response(size > 0 ? Buffer.concat(chunks) : null, { status, statusText, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") {
      throw unavailable(url, `no answer for ${timeout / 1000} s`);
    }
    throw error instanceof TypeError ? connectionError(url, error) : error;
  }
}

import { NextpixelError } from "../basics/errors.ts";
import { connectionFault, unavailable } from "./receive.ts";
import type { FetchSettings } from "./settings.ts";

/**
 * A `fetch` for answers of at most `limit` bytes from one server, `base`, so that what is meant for it goes nowhere else. It fails
 * with DOWNLOAD errors, a FORMAT error if an answer is larger.
 */
export const fetchSmall =
  (base: string, limit: number, { stallTimeout }: Pick<FetchSettings, "stallTimeout">): typeof fetch =>
  async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (new URL(url).origin !== new URL(base).origin) throw unavailable(url, `this is not at ${base}`);
    try {
      const response = await fetch(input, { ...init, signal: AbortSignal.timeout(stallTimeout) });
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
      const { status, statusText, headers } = response;
      return new Response(size > 0 ? Buffer.concat(chunks) : null, { status, statusText, headers });
    } catch (error) {
      if (error instanceof DOMException && error.name === "TimeoutError") {
        throw unavailable(url, `no answer for ${stallTimeout / 1000} s`);
      }
      if (!(error instanceof TypeError)) throw error;
      throw unavailable(url, connectionFault(error).reason);
    }
  };

import { NextpixelError } from "../basics/errors.ts";
import { checkBusy, DOWNLOADING, Interrupted, newRetries, tokenFor } from "./retries.ts";
import type { FetchSettings } from "./settings.ts";

/** Bound on the bytes of what has no known size. */
const MAX_BYTES = 2 ** 25;

/**
 * The bytes of what is at a URL, after the first `start`, and of `bytes` in all if that is known. When the connection
 * breaks, when nothing comes for some time, and when the server is busy, it is asked again after a while, for what is
 * missing. `onAnswer` may refuse an answer. Only the Hub gets the Hub's token.
 *
 * @throws DOWNLOAD if it cannot be had, also after five attempts that brought nothing new; FORMAT if it is too long;
 * what `onAnswer` throws.
 */
export async function* receive(
  url: string,
  bytes: number | undefined,
  start: number,
  settings: FetchSettings,
  onAnswer?: (answer: Response) => void,
): AsyncGenerator<Uint8Array> {
  const { stallTimeout } = settings;
  const token = tokenFor(url, settings);
  const retries = newRetries(url, DOWNLOADING, settings);
  const limit = bytes ?? MAX_BYTES;
  const what = bytes === undefined ? `at most ${limit} bytes` : `${limit} bytes`;
  let size = start;
  while (size < limit) {
    const controller = new AbortController();
    const stall = new Interrupted(`nothing came for ${stallTimeout / 1000} s`);
    const stalled = setTimeout(() => controller.abort(stall), stallTimeout);
    const ask = (range = {}): Promise<Response> => {
      // A file that is compressed is wanted as it is.
      const headers = { "accept-encoding": "identity", ...token, ...range };
      return fetch(url, { headers, signal: controller.signal });
    };
    try {
      let answer = await ask(size > 0 ? { range: `bytes=${size}-` } : {});
      const isRest = size > 0 && isRange(answer, size, bytes);
      // Neither another range nor one beyond the end is of use, but the whole may be.
      if (size > 0 && !isRest && [206, 416].includes(answer.status)) answer = await ask();
      stalled.refresh();
      const said = checkBusy(answer);
      onAnswer?.(answer);
      if (answer.status !== 200 && !isRest) throw retries.unavailable(said);
      const announced = answer.headers.get("content-length");
      if (!isRest && bytes !== undefined && announced !== null && Number(announced) !== bytes)
        throw retries.unavailable(`expected ${bytes} bytes, received ${announced}`);
      let end = isRest ? size : 0;
      for await (const piece of answer.body ?? []) {
        stalled.refresh();
        const fresh = piece.subarray(Math.max(0, size - end));
        end += piece.length;
        if (end > limit) throw new NextpixelError("FORMAT", `expected ${what} for ${url}, received more`);
        if (fresh.length === 0) continue;
        size = end;
        retries.hasProgressed();
        yield fresh;
      }
      if (bytes === undefined) return;
      if (size < bytes) throw new Interrupted(`the connection ended after ${size} of ${bytes} bytes`);
    } catch (error) {
      await retries.hasFailed(error);
    } finally {
      clearTimeout(stalled);
      // Closes a connection whose answer was not read to its end.
      controller.abort();
    }
  }
}

/** Whether an answer is what comes after the first `start` of so many bytes. */
function isRange({ status, headers }: Response, start: number, bytes: number | undefined): boolean {
  const range = new RegExp(`^bytes ${start}-\\d+/(${bytes ?? "\\d+"}|\\*)$`);
  return status === 206 && range.test(headers.get("content-range") ?? "");
}

import { setTimeout as wait } from "node:timers/promises";
import { NextpixelError, shortened } from "../basics/errors.ts";
import { systemCode } from "../files/system-error.ts";
import type { FetchSettings } from "./settings.ts";

/** How often in a row a request may bring nothing new before it is given up. */
const ATTEMPTS = 5;

/** Bound on the bytes of what has no known size. */
const MAX_BYTES = 2 ** 25;

/** A connection that broke, or a server that is busy: the same request may succeed the next time. */
class Interrupted extends Error {}

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
  const { hub, hubToken, onEvent, stallTimeout, retryDelay, longestDelay } = settings;
  const isOfHub = hubToken !== undefined && url.startsWith(`${hub}/`);
  const token = isOfHub ? { authorization: `Bearer ${hubToken}` } : {};
  const limit = bytes ?? MAX_BYTES;
  const what = bytes === undefined ? `at most ${limit} bytes` : `${limit} bytes`;
  let size = start;
  let failures = 0;
  while (size < limit) {
    const controller = new AbortController();
    const stall = new Interrupted(`nothing came for ${stallTimeout / 1000} s`);
    const stalled = setTimeout(() => controller.abort(stall), stallTimeout);
    const ask = (range = {}): Promise<Response> => {
      // A file that is compressed is wanted as it is.
      const headers = { "accept-encoding": "identity", ...token, ...range };
      return fetch(url, { headers, signal: controller.signal });
    };
    let wanted = 0;
    try {
      let answer = await ask(size > 0 ? { range: `bytes=${size}-` } : {});
      const isRest = size > 0 && isRange(answer, size, bytes);
      // Neither another range nor one beyond the end is of use, but the whole may be.
      if (size > 0 && !isRest && [206, 416].includes(answer.status)) answer = await ask();
      stalled.refresh();
      const said = `HTTP ${answer.status} ${answer.statusText}`.trim();
      if ([408, 429].includes(answer.status) || answer.status >= 500) {
        wanted = retryAfter(answer.headers.get("retry-after"));
        throw new Interrupted(said);
      }
      onAnswer?.(answer);
      if (answer.status !== 200 && !isRest) throw unavailable(url, said);
      const announced = answer.headers.get("content-length");
      if (!isRest && bytes !== undefined && announced !== null && Number(announced) !== bytes)
        throw unavailable(url, `expected ${bytes} bytes, received ${announced}`);
      let end = isRest ? size : 0;
      for await (const piece of answer.body ?? []) {
        stalled.refresh();
        const fresh = piece.subarray(Math.max(0, size - end));
        end += piece.length;
        if (end > limit) throw new NextpixelError("FORMAT", `expected ${what} for ${url}, received more`);
        if (fresh.length === 0) continue;
        size = end;
        failures = 0;
        yield fresh;
      }
      if (bytes === undefined) return;
      if (size < bytes) throw new Interrupted(`the connection ended after ${size} of ${bytes} bytes`);
    } catch (error) {
      const fault = connectionError(url, error);
      if (!(fault instanceof Interrupted)) throw fault;
      if (++failures === ATTEMPTS) throw unavailable(url, fault.message);
      const delay = Math.min(Math.max(retryDelay * 2 ** (failures - 1), wanted), longestDelay);
      onEvent({ kind: "retry", url, reason: fault.message, delay });
      await wait(delay);
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

const unavailable = (url: string, reason: string): NextpixelError =>
  new NextpixelError("DOWNLOAD", `cannot download ${url} (${shortened(reason)})`);

/**
 * Milliseconds that a Retry-After header means, seconds or a date (RFC 9110, 10.2.3): 0 if there is none, or another
 * text.
 */
export function retryAfter(header: string | null, now = Date.now()): number {
  const milliseconds = /^\d+$/.test(header ?? "") ? Number(header) * 1000 : Date.parse(header ?? "") - now;
  return Number.isNaN(milliseconds) ? 0 : Math.max(0, milliseconds);
}

/** Connections that broke after they were made. */
const BROKEN = /^(ECONNRESET|EPIPE|ETIMEDOUT|UND_ERR_(SOCKET|HEADERS_TIMEOUT|BODY_TIMEOUT))$/;

/** What a TypeError of `fetch` means: its cause tells. Other errors are what they are. */
function connectionError(url: string, error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  const { message, cause } = error;
  const code = systemCode(cause) ?? "";
  const reason = (cause instanceof Error && cause.message) || code || message;
  return BROKEN.test(code) ? new Interrupted(reason) : unavailable(url, reason);
}

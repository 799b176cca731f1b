import { setTimeout as wait } from "node:timers/promises";
import { NextpixelError, shortened } from "../basics/errors.ts";
import { systemCode } from "../files/system-error.ts";
import type { FetchSettings } from "./settings.ts";

/** How often in a row a request may bring nothing new before it is given up. */
const ATTEMPTS = 5;

/** A connection that broke, or a server that is busy: the same request may succeed the next time. */
export class Interrupted extends Error {}

/** The DOWNLOAD error of what cannot be had. */
export const unavailable = (url: string, reason: string): NextpixelError =>
  new NextpixelError("DOWNLOAD", `cannot download ${url} (${shortened(reason)})`);

export const statusOf = ({ status, statusText }: Pick<Response, "status" | "statusText">): string =>
  `HTTP ${status} ${statusText}`.trim();

/** What a server has answered. */
export interface Answer extends Pick<Response, "ok" | "status" | "statusText" | "headers"> {
  /** Its content in pieces. @throws FORMAT that says `what` was expected if it has more than `limit` bytes */
  content(limit: number, what: string): AsyncIterable<Uint8Array>;
}

/** Sends the request once. */
export type Send = (init: Omit<RequestInit, "signal">) => Promise<Answer>;

/**
 * What `attempt` makes of the answer to a request. It is called again, after a while, when the connection breaks, when
 * nothing comes for some time, and when the server is busy. It says when something new has come: attempts before do not
 * count then.
 *
 * @throws DOWNLOAD if the server cannot be reached, or after five attempts that brought nothing new; what `attempt`
 * throws.
 */
export async function ask<Result>(
  url: string,
  { onEvent, stallTimeout, retryDelay, longestDelay }: FetchSettings,
  attempt: (send: Send, onNew: () => void) => Promise<Result>,
): Promise<Result> {
  for (let failures = 0; ;) {
    const controller = new AbortController();
    const { signal } = controller;
    const stall = new Interrupted(`nothing came for ${stallTimeout / 1000} s`);
    const stalled = setTimeout(() => controller.abort(stall), stallTimeout);
    let wanted = 0;
    const send: Send = async (init) => {
      const { ok, status, statusText, headers, body } = await fetch(url, { ...init, signal });
      if (status === 408 || status === 429 || status >= 500) {
        wanted = retryAfter(headers.get("retry-after"));
        throw new Interrupted(statusOf({ status, statusText }));
      }
      stalled.refresh();
      const content = async function* (limit: number, what: string) {
        let left = limit;
        for await (const piece of body ?? []) {
          stalled.refresh();
          left -= piece.length;
          if (left < 0) throw new NextpixelError("FORMAT", `expected ${what} for ${url}, received more`);
          yield piece;
        }
      };
      return { ok, status, statusText, headers, content };
    };
    try {
      return await attempt(send, () => (failures = 0));
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

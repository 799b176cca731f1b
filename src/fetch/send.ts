import type * as v from "valibot";
import { NextpixelError, shortened } from "../basics/errors.ts";
import { checked } from "../files/checked.ts";
import { parseJson } from "../files/json.ts";
import {
  bytesWithoutToken,
  checkBusy,
  Interrupted,
  newRetries,
  tokenFor,
  UPLOADING,
  withoutQuery,
  withoutToken,
} from "./retries.ts";
import type { FetchSettings } from "./settings.ts";

/** What is sent to a server. */
export interface Message {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The status as people read it. */
  readonly said: string;
}

/** The slowest connection that is waited for, in bytes per millisecond. */
const SLOWEST = 10;

/** Bound on the bytes of an answer. */
const MAX_BYTES = 2 ** 25;

/**
 * Sends a message and returns the answer, of whatever status, but one that the server is busy: then, and when the
 * connection breaks or nothing comes for some time, it is sent again after a while. Only the Hub gets the Hub's token.
 *
 * @throws UPLOAD if there is no such answer after five attempts, or if it is too long.
 */
export async function send(message: Message, settings: FetchSettings): Promise<Answer> {
  const { method, url, headers, body: content } = message;
  const retries = newRetries(url, UPLOADING, settings);
  const time = settings.stallTimeout + (content?.length ?? 0) / SLOWEST;
  for (;;) {
    const controller = new AbortController();
    const stall = new Interrupted(`nothing came for ${(time / 1000).toFixed(0)} s`);
    const stalled = setTimeout(() => controller.abort(stall), time);
    try {
      const answer = await fetch(url, {
        method,
        headers: { ...headers, ...tokenFor(url, settings) },
        // A copy of the type that `fetch` takes: never of shared memory.
        ...(content !== undefined && {
          body: typeof content === "string" ? content : new Uint8Array(content),
        }),
        signal: controller.signal,
      });
      const said = checkBusy(answer);
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const piece of answer.body ?? []) {
        stalled.refresh();
        pieces.push(piece);
        length += piece.length;
        if (length > MAX_BYTES) throw retries.unavailable(`an answer of more than ${MAX_BYTES} bytes`);
      }
      const body = bytesWithoutToken(Buffer.concat(pieces), settings);
      return { status: answer.status, headers: answer.headers, body, said };
    } catch (error) {
      await retries.hasFailed(error);
    } finally {
      clearTimeout(stalled);
      controller.abort();
    }
  }
}

/**
 * The answer to a message, which says that it was done.
 *
 * @throws UPLOAD with what the server says against it; as `send`.
 */
export async function sendSurely(message: Message, settings: FetchSettings): Promise<Answer> {
  const answer = await send(message, settings);
  const { status, headers, body, said } = answer;
  if (status >= 200 && status < 300) return answer;
  const reason = headers.get("x-error-message") ?? errorIn(body);
  const text = withoutToken(reason === undefined ? said : `${said}: ${reason}`, settings);
  const advice = [401, 403].includes(status) ? "; HF_TOKEN has to be a token that may write there" : "";
  throw new NextpixelError("UPLOAD", `${withoutQuery(message.url)} refuses: ${shortened(text)}${advice}`);
}

/** A message with JSON in it. */
export const postJson = (
  url: string,
  json: object,
  headers: Readonly<Record<string, string>> = { "content-type": "application/json" },
): Message => ({ method: "POST", url, headers, body: JSON.stringify(json) });

/** The JSON of an answer that says that it was done. @throws FORMAT if it is of another form; as `sendSurely` */
export async function sentJson<Schema extends v.GenericSchema>(
  message: Message,
  schema: Schema,
  settings: FetchSettings,
): Promise<v.InferOutput<Schema>> {
  const { body } = await sendSurely(message, settings);
  return checked(schema, parseJson(body, message.url), message.url);
}

/** The text of an error that is JSON, as the Hub and others send it. */
function errorIn(body: Uint8Array): string | undefined {
  try {
    const { error } = JSON.parse(new TextDecoder().decode(body)) as { readonly error?: unknown };
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

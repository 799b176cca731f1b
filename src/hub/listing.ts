import { buffer } from "node:stream/consumers";
import * as v from "valibot";
import { NextpixelError } from "../basics/errors.ts";
import { receive } from "../fetch/receive.ts";
import { bytesWithoutToken } from "../fetch/retries.ts";
import type { FetchSettings } from "../fetch/settings.ts";
import { checked } from "../files/checked.ts";
import { parseJson } from "../files/json.ts";
import { unexpected } from "../files/unexpected.ts";

/** What the Hub says of a large file (of Git LFS), and of all that is in a folder. */
const bytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const lfs = v.optional(v.object({ oid: sha256, size: bytes }));
const entries = v.array(
  v.object({ type: v.string(), path: v.string(), oid: v.optional(v.string()), size: bytes, lfs }),
);

/** What is in a folder of a repository. `what` is looked for there, as errors say it. @throws as `hubJson`; FORMAT */
export async function entriesAt(url: string, what: string, settings: FetchSettings) {
  const json = await hubJson(url, what, settings, ({ headers }) => {
    // The Hub divides a longer listing into pages.
    if (headers.has("link")) throw unexpected(url, "a listing of at most 1000 files or folders", "more");
  });
  return checked(entries, json, `a listing of files from ${url}`);
}

/**
 * The JSON that the Hub has at a URL. `onAnswer` may refuse an answer.
 *
 * @throws DOWNLOAD if the Hub cannot be asked; NOT_FOUND if it has nothing there; FORMAT if it is no JSON.
 */
export async function hubJson(
  url: string,
  what: string,
  settings: FetchSettings,
  onAnswer: (answer: Response) => void = () => undefined,
): Promise<unknown> {
  const checkAnswer = (answer: Response): void => {
    const { status } = answer;
    if ([401, 403, 404].includes(status))
      throw new NextpixelError(
        "NOT_FOUND",
        `no ${what} at ${url} (HTTP ${status}), or one that is not open to all: for such a one set HF_TOKEN`,
      );
    onAnswer(answer);
  };
  const bytes = await buffer(receive(url, undefined, 0, settings, checkAnswer));
  return parseJson(bytesWithoutToken(bytes, settings), url);
}

import { CURSOR_HEADER, MORE_HEADER, START_HEADER, type Refusal } from "../../runs-api.ts";

let authorization = "";

export function useToken(token: string): void {
  authorization = `Bearer ${token}`;
}

/** The address of what the studio tells about a run. */
export const ofRun = (run: string, what = ""): string => `api/runs/${encodeURIComponent(run)}${what}`;

/** Asks the studio. @throws what it answers if it refuses */
export async function ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return checked(await reached(fetch(path, { headers: { authorization, ...headers }, cache: "no-store" })));
}

/** Tells the studio to do something. @throws as `ask` */
export async function tell(path: string, body: object): Promise<void> {
  const headers = { authorization, "content-type": "application/json" };
  await checked(await reached(fetch(path, { method: "POST", headers, body: JSON.stringify(body) })));
}

export const askJson = async <Answer>(path: string): Promise<Answer> =>
  (await (await ask(path)).json()) as Answer;

/** Lines of a file that is read as it grows. */
export interface Lines {
  readonly text: string;
  readonly cursor: string;
  /** Whether what was read before is to be forgotten. */
  readonly isStart: boolean;
  readonly hasMore: boolean;
}

/** The lines of a file after a cursor. */
export async function askLines(path: string, cursor: string): Promise<Lines> {
  const response = await ask(`${path}?after=${encodeURIComponent(cursor)}`);
  return {
    text: await response.text(),
    cursor: response.headers.get(CURSOR_HEADER) ?? "",
    isStart: response.headers.has(START_HEADER),
    hasMore: response.headers.has(MORE_HEADER),
  };
}

const reached = (answer: Promise<Response>): Promise<Response> =>
  answer.catch(() => {
    throw new Error("the studio does not answer: start it again, and open the address that it prints");
  });

async function checked(response: Response): Promise<Response> {
  if (response.ok || response.status === 304) return response;
  const { error } = (await response.json().catch(() => ({ error: `status ${response.status}` }))) as Refusal;
  throw new Error(error);
}

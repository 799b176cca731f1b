import { unexpected } from "./unexpected.ts";

/** A field without quotes, and what may follow a field. */
const PLAIN = /[^",\r\n]*/y;
const SEPARATOR = /,|\r?\n|$/y;

/**
 * The records of CSV (RFC 4180): fields between commas, which may be in quotes, with `""` for a quote. Empty lines are
 * left out.
 *
 * @throws FORMAT that names `file` and the line if quotes do not end, or are not around a whole field.
 */
export function parseCsv(text: string, file: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  const end = (): void => {
    if (record.length > 1 || (record[0] ?? "") !== "") records.push(record);
    record = [];
  };
  while (at < text.length) {
    const start = at;
    at = text[start] === '"' ? endOfQuotes(text, start) : start + matched(PLAIN, text, start)!.length;
    const separator = matched(SEPARATOR, text, at);
    if (separator === undefined) {
      const line = text.slice(0, start).split("\n").length;
      throw unexpected(file, `fields with commas between, or in quotes, in line ${line}`, "another text");
    }
    record.push(
      text[start] === '"' ? text.slice(start + 1, at - 1).replaceAll('""', '"') : text.slice(start, at),
    );
    at += separator.length;
    if (separator !== ",") end();
    else if (at === text.length) record.push("");
  }
  end();
  return records;
}

/** Where a sticky pattern matches: what it matches, or undefined. */
function matched(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/**
 * The index behind the quotation mark that ends the field at `start`; of one that does not end, where none can follow.
 */
function endOfQuotes(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return start;
    if (text[quote + 1] !== '"') return quote + 1;
    at = quote + 2;
  }
}

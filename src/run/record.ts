/** The fields of a record, a line of `metrics.jsonl`; none if the line is damaged. */
export function recordIn(line: string): Readonly<Record<string, unknown>> {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === "object" && record !== null ? { ...record } : {};
  } catch {
    return {};
  }
}

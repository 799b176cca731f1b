/** How many results are read ahead, besides the one in use. */
export const AHEAD = 2;

/**
 * The results of `read(first)` to `read(end - 1)`. Each call of the returned function gives the next one. Up to `AHEAD`
 * of them are read in advance, one after the other. An error is thrown by the call for that result, and nothing is read
 * after it.
 */
export function readAhead<Value>(
  read: (index: number) => Promise<Value>,
  first: number,
  end: number,
): () => Promise<Value> {
  const waiting: Promise<Value>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let begun = first;
  const begin = (index: number) => {
    const value = last.then(() => read(index));
    // It may never be asked for, and then concerns nobody.
    value.catch(() => undefined);
    last = value;
    waiting.push(value);
  };
  const fill = () => {
    for (; waiting.length < AHEAD && begun < end; begun++) begin(begun);
  };
  fill();
  return () => {
    const next = waiting.shift()!;
    // Not before the one in use is there: it would be one more.
    next.then(fill, () => undefined);
    return next;
  };
}

/**
 * The results of `work` on every item, in the order of the items. At most `width` run at the same time. After a failure
 * no new item is started, and the error of the first item that failed is thrown. Items start in order, so this is the
 * same error each time.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const failures = new Map<number, unknown>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && failures.size === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failures.set(index, error);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
  return results;
}

/**
 * The results of `work(0)` to `work(count - 1)`, in this order. At most `width` run at the same time: number i + width
 * begins once number i is there. So each of `width` places that can do one thing at a time can take every number with
 * the same `i % width`. An error is thrown where its result would be. When the iteration ends, all that was begun has
 * ended.
 */
export async function* inOrder<Result>(
  count: number,
  width: number,
  work: (index: number) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const running = new Map<number, Promise<Result>>();
  const begin = (index: number) => {
    if (index >= count) return;
    const result = work(index);
    // It may never be asked for, and then its failure concerns nobody.
    result.catch(() => undefined);
    running.set(index, result);
  };
  try {
    for (let i = 0; i < width; i++) begin(i);
    for (let i = 0; i < count; i++) {
      const result = await running.get(i)!;
      running.delete(i);
      begin(i + width);
      yield result;
    }
  } finally {
    await Promise.allSettled(running.values());
  }
}

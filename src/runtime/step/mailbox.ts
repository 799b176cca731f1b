/** A queue: values are put in at any time, and taken out in order as they arrive. */
export interface Mailbox<T> {
  put(value: T): void;
  /** No more values will come. */
  end(): void;
  /** No more values will come because of an error, which is thrown to the reader after the values before it. */
  fail(error: unknown): void;
  all(): AsyncGenerator<T, void>;
}

export function mailbox<T>(): Mailbox<T> {
  const waiting: T[] = [];
  let state: "open" | "ended" | { error: unknown } = "open";
  let wake = (): void => undefined;
  const close = (how: typeof state) => {
    state = how;
    wake();
  };
  return {
    put(value) {
      waiting.push(value);
      wake();
    },
    end: () => close("ended"),
    fail: (error) => close({ error }),
    async *all() {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift()!;
        if (state === "ended") return;
        if (state !== "open") throw state.error;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

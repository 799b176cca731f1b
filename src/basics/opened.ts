/** Something that has to be closed after use. */
export interface Closable {
  close(): void | Promise<void>;
}

/**
 * What has been opened so far, so that all of it can be closed, at the end or when something after it fails to open.
 */
export class Opened {
  readonly #all: Closable[] = [];

  /** Keeps what these give. If one fails, waits for the others, so that they are kept too, and fails as it did. */
  async addAll<Kept extends Closable>(opening: readonly Promise<Kept>[]): Promise<Kept[]> {
    const settled = await Promise.allSettled(opening);
    for (const result of settled)
      if (result.status === "fulfilled" && !this.#all.includes(result.value)) this.#all.push(result.value);
    const failed = settled.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    return settled.map((result) => (result as PromiseFulfilledResult<Kept>).value);
  }

  /** The same for one. */
  async add<Kept extends Closable>(opening: Promise<Kept>): Promise<Kept> {
    return (await this.addAll([opening]))[0]!;
  }

  /** Closes everything, what was opened last first. */
  async close(): Promise<void> {
    while (this.#all.length > 0) await this.#all.pop()!.close();
  }
}

import { expect, test } from "vitest";
import { Opened } from "../../src/basics/opened.ts";

const closable = (name: string, closed: string[]) => ({ close: () => void closed.push(name) });
const later = <T>(value: T, ticks: number): Promise<T> =>
  ticks === 0 ? Promise.resolve(value) : Promise.resolve().then(() => later(value, ticks - 1));

test("what was opened last is closed first, and each thing once", async () => {
  const closed: string[] = [];
  const opened = new Opened();
  const a = await opened.add(Promise.resolve(closable("a", closed)));
  await opened.addAll([Promise.resolve(closable("b", closed)), Promise.resolve(a)]);
  await opened.close();
  await opened.close();
  expect(closed).toEqual(["b", "a"]);
});

test("if one of several fails to open, those that are still opening are closed too", async () => {
  const closed: string[] = [];
  const opened = new Opened();
  const opening = [Promise.reject(new Error("no room")), later(closable("slow", closed), 20)];
  await expect(opened.addAll(opening)).rejects.toThrow("no room");
  await opened.close();
  expect(closed).toEqual(["slow"]);
});

import { expect, test } from "vitest";
import { memoryDataset, type Dataset } from "../../src/data/dataset.ts";
import { apart, paired } from "../../src/data/pairs.ts";
import { randomLevels } from "../runtime/logits.ts";

const SIZE = { channels: 3, rows: 2, cols: 3 };

function filesOf(name: string, names: readonly string[], channels: number, levels = 5): Dataset {
  const size = { ...SIZE, channels };
  const pixels = randomLevels(names.length * channels * 6, levels, channels);
  const labels = names.map((_, i) => i % 2);
  return { ...memoryDataset({ name, size, levels, pixels, labels }), nameOf: (i) => names[i]! };
}

const first = filesOf("photographs", ["a.png", "sub/b.jpg", "c.d.png"], 3);

test("pairs have the channels of both pictures of a name, whatever its ending and the order", async () => {
  const second = filesOf("sketches", ["sub/b.png", "c.d.webp", "more.png", "a.bmp"], 1);
  const pairs = paired(first, second);
  expect(pairs).toMatchObject({ count: 3, size: { ...SIZE, channels: 4 }, levels: 5, labels: first.labels });
  const [pictures, conditions] = apart(await pairs.read([2, 0]), SIZE, 1);
  expect(pictures).toEqual(await first.read([2, 0]));
  expect(conditions).toEqual(await second.read([1, 3]));
});

test("missing names are listed, the first ten of them", () => {
  const message = (names: readonly string[]) => {
    try {
      paired(filesOf("photographs", names, 3), filesOf("sketches", ["a.png"], 1));
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  expect(message(["a.png"])).toBeUndefined();
  expect(message(["b.png", "a.png", "c.png"])).toBe(
    "expected a picture in sketches for each of photographs, received none for b, c",
  );
  const many = Array.from({ length: 12 }, (_, i) => `p${i}.png`);
  expect(message(many)).toMatch(/received none for p0, p1, .*, p9, \.\.\. \(12 in all\)$/);
});

test("pictures of other sizes or levels, of equal names, or without files are refused", () => {
  const argument = (message: string) => expect.objectContaining({ code: "ARGUMENT", message });
  const other = filesOf("few", ["a.png", "sub/b.png", "c.d.png"], 1, 4);
  expect(() => paired(first, other)).toThrow(
    argument('expected pictures of 3x2 with 5 levels for few, received "3x2 with 4 levels"'),
  );
  const twice = filesOf("twice", ["a.png", "a.jpg"], 1);
  expect(() => paired(first, twice)).toThrow(
    argument('expected names that differ in more than their endings for twice, received "a"'),
  );
  const nameless = { ...twice, nameOf: undefined };
  expect(() => paired(first, nameless)).toThrow(
    argument('expected a folder or an archive of picture files for pictures in pairs, received "twice"'),
  );
});

import { expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import { attend, conv, input, matmul, relu, sum } from "../../src/graph/language.ts";
import { multiplyAdds } from "../../src/graph/multiply-adds.ts";

const x = input("x", [2, 3, 4, 5]);
const w = input("w", [6, 3, 2, 3]);
const pad = { top: 1, left: 1, right: 1 };

test("a convolution uses every weight that exists at every position of every picture", () => {
  expect(multiplyAdds([conv(x, w, { pad })])).toBe(6 * 3 * 2 * 3 * (2 * 4 * 5));
  const values = Uint8Array.from({ length: 108 }, (_, i) => (i % 4 === 0 ? 0 : 1));
  expect(multiplyAdds([conv(x, w, { pad, mask: { shape: w.shape, values } })])).toBe(81 * (2 * 4 * 5));
  expect(multiplyAdds([conv(x, w)])).toBe(108 * (2 * 3 * 3));
});

test("so do its derivatives", () => {
  const filtered = conv(x, w, { pad });
  const [forX, forW] = gradients(sum(filtered, [0, 1, 2, 3]), [x, w]);
  expect(multiplyAdds([forX!])).toBe(multiplyAdds([filtered]));
  expect(multiplyAdds([forW!])).toBe(multiplyAdds([filtered]));
});

test("what serves two others counts once, and what does no products not at all", () => {
  const filtered = conv(x, w, { pad });
  expect(multiplyAdds([relu(filtered), filtered])).toBe(108 * 40);
  expect(multiplyAdds([relu(x)])).toBe(0);
});

test("matrix products", () => {
  expect(multiplyAdds([matmul(input("a", [7, 2, 3]), input("b", [3, 5]))])).toBe(7 * 2 * 3 * 5);
});

test("attention, for each pair of positions of which one sees the other", () => {
  const [q, v] = [input("q", [2, 3, 2, 2]), input("v", [2, 5, 2, 2])];
  // 0 + 1 + 2 + 3 pairs in each of two pictures; keys have 3 channels, values 5.
  expect(multiplyAdds([attend(q, q, v)])).toBe(2 * 6 * (3 + 5));
  expect(multiplyAdds([attend(q, q, v, "upTo")])).toBe(2 * 10 * (3 + 5));
});

import { describe, expect, test } from "vitest";
import { philox4x32 } from "../../src/basics/philox.ts";
import { pictureLength } from "../../src/data/dataset.ts";
import { evaluate } from "../reference/evaluate.ts";
import { buildNetwork } from "../../src/programs/network.ts";
import { initialValues } from "../../src/nn/initialisers.ts";
import { receptiveField, type ReceptiveField } from "../../src/graph/receptive-field.ts";
import { classFeeds, TINY_NETWORKS } from "./tiny.ts";

/** Offsets of the pixels that are seen. */
const marked = (field: ReceptiveField | undefined): ReadonlySet<string> =>
  new Set(
    field?.drawing
      .split("\n")
      .flatMap((line, row) =>
        [...line].flatMap((mark, col) => (mark === "#" ? [`${row - field.above} ${col - field.left}`] : [])),
      ),
  );

describe.each(TINY_NETWORKS)("perturbing a sub-pixel of $name", ({ config }) => {
  const { rows, cols, channels } = config.size;
  const length = pictureLength(config.size);
  // The original and, behind it, one copy for each sub-pixel that is changed.
  const network = buildNetwork(config, length + 1);
  const original = Array.from({ length }, (_, i) => philox4x32([i, 0, 0, 0], [5, 0])[0] % config.levels);
  const order = Array.from({ length }, (_, k) => {
    const [pixel, channel] = [Math.floor(k / channels), k % channels];
    return { pixel, channel, index: channel * rows * cols + pixel };
  });
  const pictures = [
    original,
    ...order.map(({ index }) => original.with(index, (original[index]! + 1) % config.levels)),
  ].flat();
  // Several sets of weights, for one alone may hide a path behind a relu. Biases too are random.
  const evaluated = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
    const feeds = network.declarations.map((declaration) => [
      declaration.name,
      initialValues({ ...declaration, initialiser: { bound: 0.7 } }, seed),
    ]);
    // All of one class: only what is perturbed differs.
    const classes = classFeeds(
      network,
      new Uint32Array(length + 1).fill(seed % (config.classes?.length ?? 1)),
    );
    const given = { ...Object.fromEntries(feeds), ...classes, pictures };
    return evaluate([network.logits, network.nats], given);
  });
  const groups = network.likelihood.groups(channels);
  const [logitsOfGroup, channelsOfGroup] = [network.logits.shape[1]! / groups, channels / groups];
  /**
   * What predicts a sub-pixel, in one of the pictures, under all weights: the logits of its group and the levels before
   * it in that group.
   */
  const predicting = (picture: number, { pixel, channel }: (typeof order)[number]) => {
    const group = picture * groups + Math.floor(channel / channelsOfGroup);
    const levels = Array.from(
      { length: channel % channelsOfGroup },
      (_, k) => pictures[(group * channelsOfGroup + k) * rows * cols + pixel]!,
    );
    const logits = evaluated.flatMap(([values]) =>
      Array.from(
        { length: logitsOfGroup },
        (_, k) => values![(group * logitsOfGroup + k) * rows * cols + pixel]!,
      ),
    );
    return [...levels, ...logits];
  };

  test("changes no prediction at it or before it", () => {
    order.forEach((_, changed) => {
      for (const place of order.slice(0, changed + 1)) {
        expect(predicting(changed + 1, place)).toEqual(predicting(0, place));
      }
    });
  });

  test("changes no nats before it", () => {
    order.forEach((_, changed) => {
      for (const { index } of order.slice(0, changed)) {
        for (const [, nats] of evaluated) expect(nats![(changed + 1) * length + index]).toBe(nats![index]);
      }
    });
  });

  test("changes every prediction within the receptive field", () => {
    const { logits, picture } = network;
    const { period } = receptiveField(logits, picture)!;
    /** By phase: where fields are smaller than the picture, not all pixels see the same. */
    const fields = new Map<string, ReadonlySet<string>>();
    const seenFrom = (row: number, col: number) => {
      const phase = { row: row % period[0], col: col % period[1] };
      const key = `${phase.row} ${phase.col}`;
      const seen = fields.get(key) ?? marked(receptiveField(logits, picture, phase));
      fields.set(key, seen);
      return seen;
    };
    const place = ({ pixel }: (typeof order)[number]) => [Math.floor(pixel / cols), pixel % cols] as const;
    // Diagonal BiLSTM: nothing in the first layer has the last column to its left, so it has no way into the LSTM that
    // runs from the right. Only the rows below see it, through the first layer's kernel, where that reaches.
    const isHiddenAtEdge = (col: number) => config.model === "diagonal-bilstm" && col === cols - 1;
    let compared = 0;
    order.forEach((from, changed) => {
      for (const to of order.slice(changed + 1)) {
        const [[r, c], [row, col]] = [place(from), place(to)];
        const isSeen = from.pixel === to.pixel || seenFrom(row, col).has(`${r - row} ${c - col}`);
        if (isSeen && isHiddenAtEdge(c)) continue;
        const differs = predicting(changed + 1, to).some((value, k) => value !== predicting(0, to)[k]);
        expect(differs).toBe(isSeen);
        compared++;
      }
    });
    const hidden = config.model === "diagonal-bilstm" ? rows * channels * length : 0;
    expect(compared).toBeGreaterThanOrEqual((length * (length - 1)) / 2 - hidden);
  });
});

import { expect, test } from "vitest";
import { modelNamesOf, modelByName } from "../../src/models/by-name.ts";
import { buildNetwork } from "../../src/programs/network.ts";

const sizes = { grey: { channels: 1, rows: 8, cols: 8 }, colour: { channels: 3, rows: 8, cols: 8 } };

// A change of these names and shapes makes checkpoints unreadable: it belongs in the changelog as a breaking change.
test.each(
  modelNamesOf("autoregressive").flatMap((model) =>
    Object.entries(sizes).map(([name, size]) => ({ model, name, size })),
  ),
)("parameters of $model, $name pictures", ({ model, size }) => {
  const config = {
    model,
    modelConfig: modelByName(model).defaults,
    likelihood: "categorical",
    levels: 17,
    size,
  } as const;
  const { declarations } = buildNetwork(config, 1);
  expect(declarations.map(({ name, shape }) => `${name} [${shape.join(", ")}]`)).toMatchSnapshot();
});

test("an unknown model is refused with the names of those that exist", () => {
  expect(() => modelByName("toString")).toThrow(
    'expected pixelcnn or row-lstm or diagonal-bilstm or gated-pixelcnn or pixelcnn-pp or pixelsnail or vae or gan for the model, received "toString"',
  );
});

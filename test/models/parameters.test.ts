import { expect, test } from "vitest";
import { FAMILY_NAMES, familyOf } from "../../src/families/by-name.ts";
import { modelNamesOf, modelByName } from "../../src/models/by-name.ts";

const sizes = { grey: { channels: 1, rows: 8, cols: 8 }, colour: { channels: 3, rows: 8, cols: 8 } };

// A change of these names and shapes makes checkpoints unreadable: it belongs in the changelog as a breaking change.
test.each(
  FAMILY_NAMES.flatMap(modelNamesOf).flatMap((model) =>
    Object.entries(sizes).map(([name, size]) => ({ model, name, size })),
  ),
)("parameters of $model, $name pictures", ({ model, size }) => {
  const config = {
    model,
    modelConfig: modelByName(model).defaults,
    likelihood: familyOf({ model }).hasLikelihood ? "categorical" : undefined,
    levels: 17,
    size,
  };
  const { parts } = familyOf({ model }).evaluation(config, 1);
  const declarations = parts.flatMap((part) => part.declarations);
  expect(declarations.map(({ name, shape }) => `${name} [${shape.join(", ")}]`)).toMatchSnapshot();
});

test("an unknown model is refused with the names of those that exist", () => {
  expect(() => modelByName("toString")).toThrow(
    'expected pixelcnn or row-lstm or diagonal-bilstm or gated-pixelcnn or pixelcnn-pp or pixelsnail or vae or ladder-vae or gan or fsq for the model, received "toString"',
  );
});

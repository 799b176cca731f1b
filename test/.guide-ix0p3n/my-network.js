// my-network.js
import { defineModel, language, nn } from "nextpixel";

const { add, conv, relu, shift } = language;

/** A convolution over the pixel's row and the one above it, three columns wide. Nothing is masked. */
function twoRows(scope, x, outputs) {
  const inputs = x.shape[1];
  const weights = scope.parameter("weight", [outputs, inputs, 2, 3], nn.fanInUniform(6 * inputs, 2));
  const bias = scope.parameter("bias", [1, outputs, 1, 1], nn.zeros);
  return add(conv(x, weights, { pad: { top: 1, left: 1, right: 1 }, name: scope.path }), bias);
}

export default defineModel({
  name: "my-network",
  defaults: { width: 16, layers: 3 },
  network(scope, x, { width, layers }, { groups, outputs, classes }) {
    const causal = (name, from, options) =>
      nn.causalConv(scope.at(name), from, { outputs: width, mask: "B", groups, isRow: true, ...options });
    let above = shift(x, 1, 0);
    let features = causal("first", x, { kernel: 3, mask: "A" });
    for (let i = 0; i < layers; i++) {
      above = relu(twoRows(scope.at(`above${i}`), above, width));
      const both = add(features, causal(`link${i}`, above, { kernel: 1 }));
      const known = nn.classBias(scope.at(`class${i}`), both, classes);
      features = add(features, causal(`layer${i}`, relu(known), { kernel: 3, gain: 2 }));
    }
    return causal("logits", relu(features), { outputs, kernel: 1 });
  },
});

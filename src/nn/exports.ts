// The layers that the papers share, as users of the library may build with them: all that our own autoregressive models
// are built with.
export { biasedConv } from "./biased-conv.ts";
export { causalAttention } from "./causal-attention.ts";
export { causalConv, type CausalConvOptions } from "./causal-conv.ts";
export { classBias } from "./class-bias.ts";
export { conditionBias, type Condition } from "./condition-bias.ts";
export { withEachGroup } from "./colour-groups.ts";
export { earlierPixels } from "./earlier-pixels.ts";
export { gate } from "./gate.ts";
export { gatedResidual } from "./gated-residual.ts";
export { head, type HeadOptions } from "./head.ts";
export { constantly, fanInUniform, zeros, type Initialiser } from "./initialisers.ts";
export { lstmCell, rowAbove } from "./lstm.ts";
export { ABOVE, ABOVE_AND_LEFT, type Neighbourhood } from "./neighbourhood.ts";
export type { Distribution } from "./noise-input.ts";
export { AFTER_ELU, CONCATENATED_ELU, type Nonlinearity } from "./nonlinearity.ts";
export { positionsOf } from "./positions.ts";
export type { Scope } from "./scope.ts";
export { normalisedConv, normalisedConvTranspose } from "./weight-norm.ts";

// The layers that the papers share, as users of the library may build with them.
export { causalAttention } from "./causal-attention.ts";
export { causalConv, type CausalConvOptions } from "./causal-conv.ts";
export { classBias } from "./class-bias.ts";
export { gate } from "./gate.ts";
export { head, type HeadOptions } from "./head.ts";
export { constantly, fanInUniform, zeros, type Initialiser } from "./initialisers.ts";
export type { Distribution } from "./noise-input.ts";
export type { Scope } from "./scope.ts";

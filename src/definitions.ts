// What users write networks and likelihoods with; docs/your-own-network.md builds one. The same for Node and browsers.
export * as language from "./graph/language.ts";
export { named, type Node } from "./graph/node.ts";
export type { Shape } from "./graph/primitives.ts";
export { bernoulli } from "./likelihood/bernoulli.ts";
export { defineLikelihood } from "./likelihood/by-name.ts";
export { categorical } from "./likelihood/categorical.ts";
export type { Likelihood, Masses } from "./likelihood/likelihood.ts";
export { logisticMixture } from "./likelihood/logistic-mixture.ts";
export { defineModel, type ModelDefinition } from "./models/define.ts";
export type { AutoregressiveModel, NetworkContext } from "./models/model.ts";
export * as nn from "./nn/exports.ts";
export type { Scope } from "./nn/scope.ts";

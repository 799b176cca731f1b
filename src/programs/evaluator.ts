import type { Dataset } from "../data/dataset.ts";
import type { ForwardOptions } from "./forward.ts";
import { openProgram } from "./forward.ts";
import { evaluatorBy, type Evaluator, type MeasureOptions } from "./measure.ts";
import type { Evaluation } from "./trainable.ts";

export type { Evaluator } from "./measure.ts";

export interface EvaluatorOptions extends MeasureOptions, ForwardOptions {}

/** Measures a model on pictures, with whatever parameters there are. */
export const openEvaluator = (
  evaluate: (batch: number) => Evaluation,
  pictures: Dataset,
  { labels, seed, world, ...options }: EvaluatorOptions = {},
): Promise<Evaluator> =>
  evaluatorBy((program) => openProgram(program, options), evaluate, pictures, {
    labels,
    seed,
    world,
  });

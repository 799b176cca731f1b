import { add, mul, sub } from "../graph/language.ts";
import { AVERAGE, type Averaging } from "./average.ts";
import { hyperParameters, mapSchedule, valueAt, type Schedule } from "./transformation.ts";

export interface ScheduleFreeOptions {
  /** How near to the average the gradient is taken: 0 at the newest weights, 1 at the average. */
  readonly beta: Schedule;
  /** The learning rate: the weights of a step count with its square. */
  readonly rate: Schedule;
}

/**
 * The averaging of schedule-free learning (A. Defazio et al. 2024, "The Road Less Scheduled", algorithm 1), which takes
 * the place of a learning rate that falls. With the paper's letters:
 *
 *     z <- z - update,   x <- (1 - c) x + c z,   y <- (1 - beta) z + beta x,   c = rate^2 / (sum of rate^2 so far)
 *
 * The parameters are y, where the gradient is taken, and the average is x. Of z the offset z - x is kept, which begins
 * as 0.
 */
export function scheduleFree({ beta, rate }: ScheduleFreeOptions): Averaging {
  const share = shareOfStep(rate);
  const numbers = hyperParameters({
    "schedule-free.share": share,
    "schedule-free.rest": (step) => 1 - share(step),
    "schedule-free.towards-newest": mapSchedule(beta, (value) => 1 - value),
  });
  return {
    averages: { [AVERAGE]: undefined },
    state: ["schedule-free.offset"],
    schedules: numbers.schedules,
    apply(update, given) {
      const at = numbers.in(given);
      const moved = sub(given.state["schedule-free.offset"]!, update);
      const average = add(given.averages[AVERAGE]!, mul(moved, at["schedule-free.share"]));
      const offset = mul(moved, at["schedule-free.rest"]);
      const parameters = add(average, mul(offset, at["schedule-free.towards-newest"]));
      return { parameters, averages: { [AVERAGE]: average }, state: { "schedule-free.offset": offset } };
    },
  };
}

/** c: which share of the average the newest weights get. While the rate is 0, none. */
function shareOfStep(rate: Schedule): (step: number) => number {
  const sums = [0];
  return (step) => {
    for (let t = sums.length; t <= step; t++) sums.push(sums[t - 1]! + valueAt(rate, t) ** 2);
    const sum = sums[step]!;
    return sum === 0 ? 0 : (sum - sums[step - 1]!) / sum;
  };
}

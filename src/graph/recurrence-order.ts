import { analyseCausality } from "./causality.ts";
import type { Node } from "./node.ts";
import { circular } from "./recurrence.ts";

/**
 * In which order the positions of a recurrence can be computed: position (r, c) in step rows * r + cols * c, all those
 * of a step at once. [1, 0] is row by row, [1, 1] anti-diagonal by anti-diagonal; negative: from the bottom, from the
 * right.
 */
export interface RecurrenceOrder {
  readonly rows: -1 | 1;
  readonly cols: -1 | 0 | 1;
}

const ORDERS: readonly RecurrenceOrder[] = [
  { rows: 1, cols: 0 },
  { rows: -1, cols: 0 },
  { rows: 1, cols: 1 },
  { rows: 1, cols: -1 },
  { rows: -1, cols: -1 },
  { rows: -1, cols: 1 },
];

/**
 * The order in which every position comes after those whose state it reads: Row LSTM, which reads the row above, goes
 * row by row; Diagonal LSTM, which reads above and to the left, by anti-diagonals (the paper's skewing).
 *
 * @throws SCHEDULE if there is none, or if a field inside is smaller than the state
 */
export function orderOf(recurrence: Node): RecurrenceOrder {
  const [body, state] = recurrence.inputs as [Node, Node];
  const { reach, offsets } = analyseCausality([body], state, { isByChannel: false });
  if (offsets.phases.length > 1)
    throw circular(recurrence, "one with smaller fields than its state's inside");
  const read = [...new Set(reach(body))].flatMap((channel) => {
    if (channel === "all") throw circular(recurrence);
    return channel === "none" ? [] : offsets.list(channel);
  });
  const order = ORDERS.find(({ rows, cols }) => read.every((at) => rows * at.rows + cols * at.cols < 0));
  if (!order) throw circular(recurrence);
  return order;
}

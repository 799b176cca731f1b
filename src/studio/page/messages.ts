import type {
  ObservedRow,
  ObserveOptions,
  PictureSize,
  Position,
  SampleEvent,
  StreamOptions,
} from "../../browser.ts";

/** What the page needs to know of the run that the worker has opened. */
export interface OpenedRun {
  readonly size: PictureSize;
  readonly levels: number;
  /** The names of its classes; none if it knows no classes. */
  readonly classes: readonly string[];
}

/** What the page asks the worker, and what the worker answers, once or several times. */
export interface Conversations {
  /** Opens a run, which all later questions are about. */
  readonly open: { readonly question: { readonly folder: string }; readonly answer: OpenedRun };
  readonly observe: { readonly question: Omit<ObserveOptions, "signal">; readonly answer: ObservedRow };
  /** Which pixels a pixel depends on: 1 for those, [rows, cols]. */
  readonly seen: { readonly question: Position; readonly answer: Uint8Array };
  readonly draw: { readonly question: Omit<StreamOptions, "signal">; readonly answer: SampleEvent };
}

export type Kind = keyof Conversations;

export type Question = { readonly [K in Kind]: { readonly kind: K } & Conversations[K]["question"] }[Kind];

/** A question of a number, or the wish to hear no more about one. */
export type ToStudioWorker = { readonly id: number; readonly question?: Question };

export type FromStudioWorker =
  | { readonly id: number; readonly answer: Conversations[Kind]["answer"] }
  | { readonly id: number; readonly end: true }
  | { readonly id: number; readonly failed: string };

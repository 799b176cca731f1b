import type {
  PictureClass,
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
  /** None if it knows no classes. */
  readonly classes: readonly PictureClass[];
}

/** How likely a picture is. */
export interface PictureScore {
  /** -log p of every sub-pixel given those before it, in nats, [channels, rows, cols]. */
  readonly nats: Float32Array;
  /** The probability of each class given the picture, if the network knows classes and none was chosen. */
  readonly posterior: Float64Array | undefined;
}

/** What the page asks the worker, and what the worker answers, once or several times. */
export interface Conversations {
  /** Opens a run, which all later questions are about. */
  readonly open: {
    /** The token is that of a local studio; empty where there is none. */
    readonly question: { readonly folder: string; readonly token: string };
    readonly answer: OpenedRun;
  };
  readonly observe: { readonly question: Omit<ObserveOptions, "signal">; readonly answer: ObservedRow };
  /** Which pixels a pixel depends on: 1 for those, [rows, cols]. */
  readonly seen: { readonly question: Position; readonly answer: Uint8Array };
  /** The likelihood of a picture of levels [channels, rows, cols], of a class or of any. */
  readonly score: {
    readonly question: { readonly picture: Uint8Array; readonly class: string | undefined };
    readonly answer: PictureScore;
  };
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

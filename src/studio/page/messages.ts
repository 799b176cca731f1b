import type {
  AttentionWeights,
  PictureClass,
  ObservedRow,
  ObserveOptions,
  PictureSize,
  Position,
  SampleEvent,
  StreamOptions,
} from "../../browser.ts";
import type { NetworkExplanation } from "../../programs/network-explanation.ts";
import type { NetworkLayer } from "../../programs/network-layers.ts";

import type { RunFiles } from "./run-files.ts";

/** What the page needs to know of the run that the worker has opened. */
export interface OpenedRun {
  readonly size: PictureSize;
  readonly levels: number;
  /** The names of the attentions whose weights can be asked for. */
  readonly attentions: readonly string[];
  /** Whether it reads all given pixels before it draws, and not only those that come before a pixel. */
  readonly readsAllGiven: boolean;
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

/** What a network is made of, and what drawing takes. */
export interface InsideNetwork extends NetworkExplanation {
  readonly layers: readonly NetworkLayer[];
}

/** What the page asks the worker, and what the worker answers, once or several times. */
export type Conversations = {
  /** Opens a run, which all later questions are about. */
  readonly open: {
    /**
     * The folder of a run of the site, or what the page has trained itself. The token is that of a local studio; empty
     * where there is none.
     */
    readonly question: {
      readonly folder: string;
      readonly token: string;
      readonly trained?: RunFiles | undefined;
    };
    readonly answer: OpenedRun;
  };
  readonly observe: { readonly question: Omit<ObserveOptions, "signal">; readonly answer: ObservedRow };
  /** Which pixels a pixel depends on: 1 for those, [rows, cols]. */
  readonly seen: { readonly question: Position; readonly answer: Uint8Array };
  /** With which weights the attentions have predicted a pixel of the picture that is observed with these options. */
  readonly attention: {
    readonly question: { readonly at: Position; readonly of: Omit<ObserveOptions, "signal"> };
    readonly answer: AttentionWeights[];
  };
  /** The likelihood of a picture of levels [channels, rows, cols], of a class or of any. */
  readonly score: {
    readonly question: { readonly picture: Uint8Array; readonly class: string | undefined };
    readonly answer: PictureScore;
  };
  /** What the network is made of, and when it is computed. */
  readonly inside: { readonly question: object; readonly answer: InsideNetwork };
  readonly draw: { readonly question: Omit<StreamOptions, "signal">; readonly answer: SampleEvent };
};

/** Questions by their kind, each with its answers. */
export type Talk = { readonly [Kind in string]: { readonly question: object; readonly answer: unknown } };

/** A question of any kind that is talked about, told by its `kind`. */
export type QuestionOf<All> = {
  readonly [K in keyof All & string]: { readonly kind: K } & (All[K] extends { readonly question: infer Q }
    ? Q
    : never);
}[keyof All & string];

export type AnswerOf<All> = All[keyof All] extends { readonly answer: infer A } ? A : never;

/** A question as any worker gets it. */
export interface Conversation {
  readonly kind: string;
}

/** A question of a number, or the wish to hear no more about one. */
export type ToWorker<Question> = { readonly id: number; readonly question?: Question };

export type FromWorker =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly end: true }
  | { readonly id: number; readonly failed: string };

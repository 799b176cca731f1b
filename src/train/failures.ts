import { NextpixelError } from "../basics/errors.ts";

// Errors with which a training ends before its last step. They tell what is kept, and how to go on.

export const interrupted = (step: number) =>
  new NextpixelError("INTERRUPTED", `interrupted after step ${step}; resume the run to go on`, {
    about: ["resume"],
  });

export const unwritten = (cause: NextpixelError) =>
  resumable(cause, "once it can be written, resume the run to go on");

export const unread = (cause: NextpixelError) =>
  resumable(cause, "once it can be read, resume the run to go on");

const resumable = (cause: NextpixelError, advice: string) =>
  new NextpixelError(cause.code, `${cause.message}; ${advice}`, { cause, about: [...cause.about, "resume"] });

export const diverged = (run: string, step: number, saved: number) =>
  new NextpixelError(
    "DIVERGED",
    `the loss of step ${step} is not a finite number; the checkpoint of step ${saved} is kept in ${run}/checkpoints; ` +
      "a lower learning rate, a longer warm-up or a smaller largest norm of the gradient may help",
    { about: ["lr", "warmup", "clip"] },
  );
